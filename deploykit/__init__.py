"""deploykit: from a PyTorch model to an Android library and a Swift package, checked on the way."""

from importlib.metadata import version

from deploykit.errors import DeploykitError as DeploykitError
from deploykit.errors import UserError as UserError

__version__ = version("deploykit")
__all__ = ["DeploykitError", "UserError", "__version__"]
