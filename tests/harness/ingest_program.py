"""A writer alone in a process, to be killed: `python -m tests.harness.ingest_program DATABASE_URL`.

Takes one message a line on stdin (topic, a tab, the payload in hex), and tells on stdout what the broker
(`puback N`) and the device (`ack UPTO`) would be told.
"""

import sys
import time
from collections.abc import Sequence

from tillsight_hub.database import open_database
from tillsight_hub.ingest.messages import DeviceAck, Incoming, Receipt
from tillsight_hub.ingest.writer import IngestWriter

BATCH = 3


def tell_acks(acks: Sequence[DeviceAck]) -> None:
    for each in acks:
        print("ack", each.ack.upto, flush=True)


def main() -> None:
    writer = IngestWriter(open_database(sys.argv[1]), max_batch=BATCH, future_tolerance_s=10**9)
    writer.on_acks = tell_acks
    for number, line in enumerate(sys.stdin):
        topic, _, payload = line.strip().partition("\t")

        def confirm(receipt: Receipt, number: int = number) -> None:
            if receipt.committed:
                print("puback", number, flush=True)

        writer.submit(Incoming(topic, bytes.fromhex(payload), time.time_ns() // 1_000_000, confirm))
    writer.start()
    writer.stop()


if __name__ == "__main__":
    main()
