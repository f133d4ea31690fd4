# `make env` puts this where JupyterLab and nbconvert of the environment read it: see bundle/notebook/tidy.py.
c = get_config()  # noqa: F821
c.FileContentsManager.pre_save_hook = "bundle.notebook.tidy.before_saving"
c.NotebookExporter.preprocessors = ["bundle.notebook.tidy.after_executing"]
