"""The pages of whoever keeps boxes and data good: their routers."""

from . import connect, data_health, devices, first_run, fleet_alarms, orders, settings

KEEPING = (
    devices.router,
    fleet_alarms.router,
    connect.router,
    data_health.router,
    first_run.router,
    orders.router,
    settings.router,
)
