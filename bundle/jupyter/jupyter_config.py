# `make env` puts this where JupyterLab of the environment reads it: see bundle/notebook/tidy.py.
c = get_config()  # noqa: F821
c.FileContentsManager.pre_save_hook = "bundle.notebook.tidy.before_saving"
