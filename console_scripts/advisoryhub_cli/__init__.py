"""The operator's command line."""

import warnings

# Pyramid asks setuptools for pkg_resources on import; that is pinned, and no operator can do anything about it.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated as an API", category=UserWarning)
