"""What the MicroPython runtime runs for a panel on a tty: bytes go through as hexadecimal text."""

from binascii import hexlify, unhexlify

from panel_device import Device  # type: ignore[import-not-found]  # lies beside tillsight_panel there

device = Device(boot=1)
command = device.command


def step(received: str, ms: int) -> str:
    return hexlify(device.step(unhexlify(received), ms)).decode()
