"""The files on a panel, by its prompt."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from .errors import FlashFailed
from .prompt import Prompt

AT_ONCE = 192
"""Bytes in one program: a UART's buffer holds 256 characters."""
TOOLS = """
import os,binascii,hashlib
def total(name):
 sum=hashlib.sha256()
 try:
  file=open(name,'rb')
 except OSError:
  return '-'
 while 1:
  some=file.read(256)
  if not some:
   break
  sum.update(some)
 file.close()
 return binascii.hexlify(sum.digest()).decode()
def folder(name):
 try:
  os.mkdir(name)
 except OSError:
  pass
def clear(name):
 for each in os.listdir(name):
  each=name+'/'+each
  if os.stat(each)[0]&0x4000:
   clear(each)
  else:
   os.remove(each)
 os.rmdir(name)
"""


class Board:
    """Writes nothing that is there already, and believes nothing that it has not read back."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        prompt.run(TOOLS)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Files in folders of their own, which nobody uses yet."""
        for folder in sorted({parent for name in files for parent in _parents(name)}):
            self._prompt.run(f"folder({folder!r})")
        for name, data in files.items():
            self.put(name, data)

    def put(self, name: str, data: bytes) -> None:
        """All of it under another name first, so that a power cut leaves the old file or the new one."""
        wanted = sha256(data).hexdigest()
        if self._sum(name) == wanted:
            return
        fresh = f"{name}.new"
        self._prompt.run(f"file=open({fresh!r},'wb')")
        for at in range(0, len(data), AT_ONCE):
            some = b64encode(data[at : at + AT_ONCE]).decode()
            self._prompt.run(f"file.write(binascii.a2b_base64(b'{some}'))")
        self._prompt.run("file.close()")
        if self._sum(fresh) != wanted:
            raise FlashFailed(f"{name}: the panel has stored something else than it was sent")
        self._prompt.run(f"os.rename({fresh!r},{name!r})")

    def differs(self, files: Mapping[str, bytes]) -> list[str]:
        """Names of those that are not there as they should be."""
        return [name for name, data in files.items() if self._sum(name) != sha256(data).hexdigest()]

    def remove_folders(self, prefix: str, kept: Iterable[str]) -> None:
        """Those of this prefix at the top, but for these."""
        for name in self._prompt.run("print(*os.listdir('/'))").split():
            if name.startswith(prefix) and f"/{name}" not in kept:
                self._prompt.run(f"clear({'/' + name!r})")

    def text(self, name: str) -> str:
        """Of a short file; empty where it is not there."""
        program = f"try:\n print(open({name!r}).read())\nexcept OSError:\n pass"
        return self._prompt.run(program)

    def _sum(self, name: str) -> str:
        return self._prompt.run(f"print(total({name!r}))")


def _parents(name: str) -> list[str]:
    parts = name.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
