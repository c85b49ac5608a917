"""settings.toml, COLLECTOR_ variables and secret files → one frozen Settings; the only reader of the environment.

Strongest first: what a command sets itself (the demo), environment variables (COLLECTOR_DATABASE__URL), secret files
beside settings.toml (secrets/server__token), settings.toml, the defaults here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from collector.errors import SecretMissing, SettingsError
from collector.form.judging.policy import ALWAYS, MOVABLE, USUAL
from jobs.mail_settings import MailSettings

PREFIX = "COLLECTOR_"
FILE_VARIABLE = "COLLECTOR_SETTINGS"
DEFAULT_FILE = Path("settings.toml")
SECRETS = (
    "server.token",
    "privacy.secret",
    "encryption.private_key",
    "encryption.passphrase",
    "mail.password",
    "mail.workbook_password",
    "mail.shared_password",
)


class Section(BaseModel):
    """A table of settings.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Section):
    """The KoboToolbox server. `overlap`: submissions that each pull reads again, counted back from the newest."""

    url: str = "https://kf.kobotoolbox.org"
    token: SecretStr | None = None
    page_size: int = Field(default=1000, ge=1, le=30_000)
    ahead: int = Field(default=6, ge=1, le=8)
    timeout_seconds: float = Field(default=120, gt=0)
    overlap: int = Field(default=100, ge=0)
    assets: Mapping[str, str] = Field(default_factory=dict)


class DatabaseSettings(Section):
    """The reporting database."""

    url: str = "sqlite:///data/collector.db"


class RawSettings(Section):
    """The raw store: what was received, as received."""

    url: str = "sqlite:///data/raw.db"


class FormsSettings(Section):
    """The folder with the XLSForms, media/ and programme.toml."""

    folder: Path = Path("forms")


class ExportSettings(Section):
    """Where the workbook goes: <name>.xlsx and <name>-<date>.xlsx. digits: of Arabic and Sorani workbooks."""

    folder: Path = Path("export")
    name: str = Field(default="collector", min_length=1, pattern=r"^[^/\\:*?\"<>|]+$")
    language: Literal["en", "ar", "ckb"] = "en"
    digits: Literal["western", "eastern"] = "western"


class PrivacySettings(Section):
    """Secret of the pseudonyms: with it a card becomes a person_key."""

    secret: SecretStr | None = None


class EncryptionSettings(Section):
    """The private key that opens encrypted forms, as PEM; several blocks where there are several keys."""

    private_key: SecretStr | None = None
    passphrase: SecretStr | None = None


class AttachmentsSettings(Section):
    """Files of submissions: where they are kept, and whose are taken at all.

    take: form keys, and questions as form/path; a question marked pii is taken only where it is named itself.
    """

    folder: Path = Path("data/attachments")
    take: tuple[str, ...] = ()


class SyncSettings(Section):
    """When deletions are held: at least `hold_count` at once that are more than `hold_share` of a form.

    late_file_days: how long late files are looked for where a sync goes by the history, which does not log them.
    """

    hold_share: float = Field(default=0.05, ge=0, le=1)
    hold_count: int = Field(default=20, ge=1)
    late_file_days: int = Field(default=14, ge=0)


class JudgingSettings(Section):
    """quarantine: codes whose findings keep a submission out of the numbers; all others are only told. See policy.py.

    `choice:register/sex`: those at one question. processes: how many judge large pages; 0: one for each processor.
    """

    quarantine: tuple[str, ...] = USUAL
    processes: int = Field(default=0, ge=0, le=64)

    @field_validator("quarantine")
    @classmethod
    def are_known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted({code.partition(":")[0] for code in codes} - {*MOVABLE, *ALWAYS})
        if unknown:
            near = get_close_matches(unknown[0], MOVABLE, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise ValueError(f"there is no code '{unknown[0]}'; {hint}known are {', '.join(MOVABLE)}")
        return codes


class ScheduleSettings(Section):
    """When jobs run: `nightly` in full, `quick` what is new. Minute hour day month weekday, in `time_zone`."""

    time_zone: str = "Asia/Baghdad"
    nightly: str = "0 2 * * *"
    quick: str = "*/15 * * * *"
    catch_up_hours: float = Field(default=20, ge=0)

    @field_validator("time_zone")
    @classmethod
    def is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone; write it like Asia/Baghdad") from None
        return name

    @field_validator("nightly", "quick")
    @classmethod
    def is_a_schedule(cls, expression: str) -> str:
        from apscheduler.triggers.cron import CronTrigger

        try:
            CronTrigger.from_crontab(expression)
        except ValueError:
            raise ValueError("not a schedule; write minute hour day month weekday, like 0 2 * * *") from None
        return expression


class LogSettings(Section):
    """What is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["text", "json"] = "text"


class Settings(BaseSettings):
    """All settings. Relative folders and SQLite files are taken from the folder of settings.toml."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        secrets_nested_delimiter="__",
        secrets_prefix="",
        secrets_dir_missing="ok",
        extra="forbid",
        frozen=True,
    )

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    raw: RawSettings = RawSettings()
    forms: FormsSettings = FormsSettings()
    export: ExportSettings = ExportSettings()
    privacy: PrivacySettings = PrivacySettings()
    encryption: EncryptionSettings = EncryptionSettings()
    attachments: AttachmentsSettings = AttachmentsSettings()
    sync: SyncSettings = SyncSettings()
    judging: JudgingSettings = JudgingSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    mail: MailSettings = MailSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        secret_files = NestedSecretsSettingsSource(file_secret_settings)
        return init_settings, env_settings, secret_files, TomlConfigSettingsSource(settings_cls)

    @property
    def token(self) -> str:
        """The server's token; raises SecretMissing."""
        return _secret(self.server.token, "the server's token", "COLLECTOR_SERVER__TOKEN")

    @property
    def pseudonym_secret(self) -> bytes:
        """Key of the pseudonyms; raises SecretMissing."""
        return _secret(self.privacy.secret, "the pseudonym secret", "COLLECTOR_PRIVACY__SECRET").encode()

    @property
    def mail_password(self) -> str:
        """Of the mail account; raises SecretMissing. "" where no user is set."""
        return _secret(self.mail.password, "the mail password", "COLLECTOR_MAIL__PASSWORD") if self.mail.user else ""

    def workbook_password(self, edition: str) -> str:
        """What opens an attached workbook of an edition; raises SecretMissing."""
        if edition == "shared":
            variable = "COLLECTOR_MAIL__SHARED_PASSWORD"
            return _secret(self.mail.shared_password, "the password of attached shared workbooks", variable)
        variable = "COLLECTOR_MAIL__WORKBOOK_PASSWORD"
        return _secret(self.mail.workbook_password, "the password of attached workbooks", variable)

    @property
    def private_key(self) -> tuple[str, str] | None:
        """PEM and passphrase of the key that opens encrypted forms; None where none is set."""
        key, passphrase = self.encryption.private_key, self.encryption.passphrase
        if key is None or not key.get_secret_value().strip():
            return None
        return key.get_secret_value(), passphrase.get_secret_value().strip() if passphrase else ""


def read_settings(file: Path | None = None, **overrides: Mapping[str, object]) -> Settings:
    """Read the settings; raises SettingsError naming the key, where it stands and what it should be.

    file: settings.toml; by default what COLLECTOR_SETTINGS names, or settings.toml in the current folder.
    overrides: sections that win over everything, the environment included: `database={"url": …}`.
    """
    path = file or Path(os.environ.get(FILE_VARIABLE, DEFAULT_FILE))
    if (file or FILE_VARIABLE in os.environ) and not path.is_file():
        raise SettingsError(f"{path} does not exist: name a settings file with --settings, or leave the option out.")
    _refuse_unknown_variables(os.environ)
    _refuse_secrets_in(path)
    folder = path.absolute().parent

    class Located(Settings):
        model_config = SettingsConfigDict(toml_file=path, secrets_dir=folder / "secrets")

    try:
        settings = Located(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_explained(error, path)) from None
    return _anchored(settings, folder)


def secret_file(file: Path | None, name: str) -> Path:
    """Where a secret would be as a file: the folder secrets/ beside settings.toml."""
    path = file or Path(os.environ.get(FILE_VARIABLE, DEFAULT_FILE))
    return path.absolute().parent / "secrets" / name


def _anchored(settings: Settings, folder: Path) -> Settings:
    def url(text: str) -> str:
        scheme, slashes, place = text.partition(":///")
        is_relative = scheme.startswith("sqlite") and slashes and place and not place.startswith(("/", ":", "file:"))
        return f"{scheme}:///{folder / place}" if is_relative and not Path(place).is_absolute() else text

    moved = {
        "database": settings.database.model_copy(update={"url": url(settings.database.url)}),
        "raw": settings.raw.model_copy(update={"url": url(settings.raw.url)}),
        "forms": settings.forms.model_copy(update={"folder": folder / settings.forms.folder}),
        "attachments": settings.attachments.model_copy(update={"folder": folder / settings.attachments.folder}),
        "export": settings.export.model_copy(update={"folder": folder / settings.export.folder}),
        "mail": settings.mail.model_copy(update={"ca_file": settings.mail.ca_file and folder / settings.mail.ca_file}),
    }
    return settings.model_copy(update=moved)


def _secret(value: SecretStr | None, what: str, variable: str) -> str:
    if value is None or not value.get_secret_value().strip():
        raise SecretMissing(what, variable=variable)
    return value.get_secret_value().strip()


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    for name in environment:
        section = name.removeprefix(PREFIX).split("__")[0].lower()
        if name.startswith(PREFIX) and name != FILE_VARIABLE and section not in Settings.model_fields:
            raise SettingsError(f"environment variable {name}: there is no setting of that name{_near(section)}")


def _refuse_secrets_in(path: Path) -> None:
    try:
        content = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}; correct that line.") from None
    for name in SECRETS:
        section, key = name.split(".")
        table: Any = content.get(section)
        if isinstance(table, dict) and key in table:
            variable = f"{PREFIX}{section}__{key}".upper()
            raise SettingsError(
                f"{path}: [{section}] {key} is a secret: move it to {variable} or secrets/{section}__{key}."
            )


def _explained(error: ValidationError, path: Path) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{path} or the environment: unknown setting '{where}'{_near(str(first['loc'][-1]))}"
    return f"{path} or the environment: setting '{where}': {first['msg'].removeprefix('Value error, ')}."


def _near(name: str) -> str:
    known = [
        *Settings.model_fields,
        *(key for field in Settings.model_fields.values() for key in _keys(field.annotation)),
    ]
    near = get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; known sections: {', '.join(Settings.model_fields)}."


def _keys(section: Any) -> list[str]:
    return list(section.model_fields)
