# `make env` puts this where JupyterLab and nbconvert of the environment read it: see bundle/pages/tidy.py.
c = get_config()  # noqa: F821
c.FileContentsManager.pre_save_hook = "bundle.pages.tidy.before_saving"
c.NotebookExporter.preprocessors = ["bundle.pages.tidy.after_executing"]
