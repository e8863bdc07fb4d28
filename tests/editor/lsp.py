# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A client of a language server over stdio, as small as a test needs it."""
import json
import subprocess
import threading
import time
from pathlib import Path

TIMEOUT = 120


class Server:
    def __init__(self, program: str, *arguments: str):
        self.process = subprocess.Popen([program, "--background-index=false", *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.diagnostics: dict[str, list[dict]] = {}
        self.answers: dict[int, dict] = {}
        self.news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()
        self.request("initialize", processId=None, rootUri=None, capabilities={
            "textDocument": {"publishDiagnostics": {"codeDescriptionSupport": True},
                             "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}}})
        self.notify("initialized")

    def _listen(self):
        out = self.process.stdout
        while header := out.readline():
            while (line := out.readline()).strip():
                header += line
            length = int(header.lower().split(b"content-length:")[1].split()[0])
            message = json.loads(out.read(length))
            with self.news:
                if message.get("method") == "textDocument/publishDiagnostics":
                    self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
                elif "method" not in message:
                    self.answers[message["id"]] = message
                self.news.notify_all()

    def _send(self, message: dict):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _wait(self, store: dict, key):
        with self.news:
            if not self.news.wait_for(lambda: key in store, TIMEOUT):
                raise TimeoutError(f"no answer of the language server about {key}")
            return store.pop(key)

    def notify(self, method: str, **params):
        self._send({"method": method, "params": params})

    def request(self, method: str, **params):
        number = int(time.monotonic_ns())
        self._send({"id": number, "method": method, "params": params})
        return self._wait(self.answers, number).get("result")

    def open(self, path: Path) -> list[dict]:
        """The diagnostics of \\p path as it is on disk."""
        self.notify("textDocument/didOpen", textDocument={
            "uri": path.as_uri(), "languageId": "cpp", "version": 1, "text": path.read_text()})
        return self._wait(self.diagnostics, path.as_uri())

    def change(self, path: Path, text: str) -> list[dict]:
        self.notify("textDocument/didChange", textDocument={"uri": path.as_uri(), "version": 2},
                    contentChanges=[{"text": text}])
        return self._wait(self.diagnostics, path.as_uri())

    def actions(self, path: Path, diagnostic: dict) -> list[dict]:
        return self.request("textDocument/codeAction", textDocument={"uri": path.as_uri()},
                            range=diagnostic["range"], context={"diagnostics": [diagnostic]})

    def close(self):
        self.request("shutdown")
        self.notify("exit")
        self.process.wait(TIMEOUT)
        self.process.stdin.close()
        self.process.stdout.close()


def apply(text: str, edits: list[dict]) -> str:
    """\\p text after \\p edits; for text whose lines are ASCII."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    offset = lambda position: starts[position["line"]] + position["character"]
    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        text = text[:offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]):]
    return text
