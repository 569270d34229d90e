"""Which wheel owns the module `cv2`: two that do overwrite each other's files."""

from importlib.metadata import distributions


def one_opencv() -> str | None:
    """What is wrong with the installed OpenCV wheels, None where exactly one owns the module `cv2`."""
    wheels = sorted({name for each in distributions() if (name := each.name or "").startswith("opencv-")})
    if len(wheels) == 1:
        return None
    if not wheels:
        return "OpenCV: no wheel is installed, should be opencv-contrib-python-headless"
    return f"OpenCV: {', '.join(wheels)} share the module cv2: uninstall all of them and install one"
