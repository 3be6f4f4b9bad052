"""An endpoint that answers like CloudFormation and STS for one stack, S1."""
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

STACK = ("arn:aws:cloudformation:us-east-1:111122223333:stack/S1/"
         "00000000-0000-0000-0000-000000000001")
CHANGE_SET = ("arn:aws:cloudformation:us-east-1:111122223333:changeSet/"
              "cdk-diff/00000000-0000-0000-0000-000000000002")


def xml(value):
    """Members of objects as elements, lists as <member> elements."""
    if isinstance(value, dict):
        return "".join(f"<{k}>{xml(v)}</{k}>" for k, v in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(v)}</member>" for v in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = dict(urllib.parse.parse_qsl(body.decode()))
        action = form.get("Action", "")
        self.server.calls.append(form)
        answer = getattr(self, action, None)
        if answer is None:
            self.reply(400, "<ErrorResponse><Error><Code>ValidationError"
                       f"</Code><Message>no {escape(action)} here</Message>"
                       "</Error></ErrorResponse>")
            return
        self.reply(200, f"<{action}Response><{action}Result>"
                   f"{xml(answer(form))}</{action}Result><ResponseMetadata>"
                   "<RequestId>r</RequestId></ResponseMetadata>"
                   f"</{action}Response>")

    def reply(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def GetCallerIdentity(self, form):
        return {"Account": "111122223333", "UserId": "U",
                "Arn": "arn:aws:iam::111122223333:user/u"}

    def DescribeStacks(self, form):
        return {"Stacks": [{"StackName": "S1", "StackId": STACK,
                            "StackStatus": "CREATE_COMPLETE",
                            "CreationTime": "2024-01-01T00:00:00Z"}]}

    def GetTemplate(self, form):
        return {"TemplateBody": self.server.template}

    def CreateChangeSet(self, form):
        return {"Id": CHANGE_SET, "StackId": STACK}

    def DescribeChangeSet(self, form):
        answer = {"ChangeSetName": form["ChangeSetName"], "StackName": "S1",
                  "ChangeSetId": CHANGE_SET, "StackId": STACK}
        if self.server.changes:
            return {**answer, "Status": "CREATE_COMPLETE",
                    "Changes": self.server.changes}
        return {**answer, "Status": "FAILED", "StatusReason":
                "The submitted information didn't contain changes. Submit "
                "different information to create a change set."}

    def DeleteChangeSet(self, form):
        return {}


class Endpoint:
    def __init__(self, template, changes):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.template = template
        self.server.changes = json.loads(changes)
        self.server.calls = []
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def start(template, changes):
    return Endpoint(template, changes)
