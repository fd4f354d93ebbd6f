"""The operator's command line."""

import warnings

# Pyramid imports pkg_resources, which is why setuptools is pinned; no operator can mend it.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated as an API", category=UserWarning)
