"""What one look at a sandbox has found."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One line of `tillsight-edge privacy verify`."""

    part: str
    """`eyes` or `agent`."""
    kind: str
    """`attempt`: tried from inside; `process`: of what runs; `setting`: what systemd has in force."""
    what: str
    expected: str
    found: str
    good: bool

    def sentence(self) -> str:
        """For a terminal."""
        if self.good:
            return f"ok    {self.part}: {self.what}: {self.found}"
        return f"FAIL  {self.part}: {self.what}: expected {self.expected}, found {self.found}"

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def finding_of(line: str) -> Finding:
    """What `to_json` wrote; ValueError or TypeError for anything else."""
    return Finding(**json.loads(line))
