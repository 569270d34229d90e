"""Sockets deep in the file system."""

import socket
from pathlib import Path

import pytest

from tillsight_edge.socket_paths import MOST_BYTES, address_of


@pytest.mark.parametrize("levels", [0, 4])
def test_a_socket_is_reached_however_deep_its_folder_lies(tmp_path: Path, levels: int) -> None:
    folder = tmp_path.joinpath(*["a-folder-with-a-rather-long-name"] * levels)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "seen.sock"
    assert (len(bytes(path)) > MOST_BYTES) == bool(levels)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        with address_of(path) as address:
            listener.bind(address)
        listener.listen()
        assert path.is_socket()
        with address_of(path) as address:
            caller.connect(address)
        with listener.accept()[0] as heard:
            caller.sendall(b"1")
            assert heard.recv(1) == b"1"


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-rather-long-name"] * 4) / "seen.sock"
    with pytest.raises(FileNotFoundError), address_of(deep):
        pass
