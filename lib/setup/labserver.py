"""Extension of JupyterLab's server, loaded by .venv/etc/jupyter/jupyter_server_config.py (make setup).

Where no browser can be opened, over ssh above all, it says once the server runs how to reach it from
the reader's own machine. When the terminal goes away, the server ends its kernels as Ctrl-C does.
"""

import getpass
import os
import signal
import socket
import sys
import webbrowser


def configure(c):
    """Sets the server up, in a traitlets configuration."""
    c.ServerApp.jpserver_extensions.update({"labserver": True})
    # Ctrl-C ends the server and its kernels, without a question that waits for an answer.
    c.ServerApp.answer_yes = True
    if not can_browse():
        c.ServerApp.open_browser = c.ExtensionApp.open_browser = c.LabApp.open_browser = False


def can_browse():
    """Whether a window of a browser, opened by this process, stands before the reader."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False  # what would open is a browser for terminals, over the server's own messages
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def login():
    """The arguments of ssh that lead here, as far as this machine knows them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "USER"
    # "client port server port": the address under which the reader has come.
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if len(connection) != 4:
        return f"{user}@{socket.gethostname()}"
    host, port = connection[2:]
    return f"{user}@{host}" if port == "22" else f"-p {port} {user}@{host}"


def directions(port, path, token):
    """How to reach the server at a port of this machine. path begins with "/"."""
    address = f"http://localhost:{port}{path}" + (f"?token={token}" if token else "")
    return f"""
    JupyterLab runs. No browser is opened on this machine; on your own, leave this running in a terminal

        ssh -L {port}:localhost:{port} {login()}

    and open

        {address}

    Ctrl-C here ends JupyterLab and its kernels.
"""


def _load_jupyter_server_extension(app):
    # A closed terminal or a lost connection would end the server alone, unless nohup has it go on.
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, app._signal_stop)


async def _start_jupyter_server_extension(app):
    # The server listens now. Its port is the one that it got: the next ones are tried where it is in use.
    if not app.sock and not can_browse():
        print(directions(app.port, app.default_url, app.identity_provider.token), file=sys.stderr, flush=True)


def _jupyter_server_extension_points():
    return [{"module": "labserver"}]
