"""The pages of whoever keeps boxes and data good: their routers."""

from . import connect, devices, first_run

KEEPING = (devices.router, connect.router, first_run.router)
