"""The process that answers: uvicorn with its access log off (addresses name people) and a graceful end."""

import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ...domain.errors import UserError


class Server:
    """One server on one port; taken when it is made, so that a port in use is a sentence and no traceback."""

    def __init__(
        self, app: FastAPI, host: str, port: int, *, is_behind_proxy: bool = False, grace_seconds: int = 10
    ) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            proxy_headers=is_behind_proxy,
            timeout_graceful_shutdown=grace_seconds,
            log_level="critical",
            lifespan="off",
        )
        try:
            self._socket = config.bind_socket()
        except SystemExit as error:
            raise UserError(f"{host}:{port} can't be listened on; is another inbox running there?") from error
        self._server = uvicorn.Server(config)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        """Answer until SIGINT or SIGTERM; requests under way come to their end."""
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:
            pass  # uvicorn has shut down already and passes the signal on
        finally:
            signal.signal(signal.SIGTERM, before)
            self._socket.close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
