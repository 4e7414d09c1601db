"""Run by Debian's Python: gives dbusmock's ModemManager a modem with the interfaces it lacks."""

import dbus  # type: ignore[import-not-found]

MANAGER = "org.freedesktop.ModemManager1"
BEARER = "/org/freedesktop/ModemManager1/Bearer/0"

bus = dbus.SystemBus()
root = bus.get_object(MANAGER, "/org/freedesktop/ModemManager1")
mock = dbus.Interface(root, "org.freedesktop.DBus.Mock")
path, _ = mock.AddSimpleModem()
modem = dbus.Interface(bus.get_object(MANAGER, path), "org.freedesktop.DBus.Mock")


def table(values: dict[str, object]) -> object:
    return dbus.Dictionary(values, signature="sv")


modem.AddProperties(
    f"{MANAGER}.Modem.Signal",
    table({"Rate": dbus.UInt32(0), "Lte": table({}), "Nr5g": table({})}),
)
# The daemon fills its tables once somebody has said how often.
modem.AddMethod(
    f"{MANAGER}.Modem.Signal",
    "Setup",
    "u",
    "",
    """
self.props['org.freedesktop.ModemManager1.Modem.Signal'].update({
    'Rate': dbus.UInt32(args[0]),
    'Lte': dbus.Dictionary({'rssi': dbus.Double(-67.0), 'rsrq': dbus.Double(-9.0),
        'rsrp': dbus.Double(-95.0), 'snr': dbus.Double(0.0)}, signature='sv'),
    'Nr5g': dbus.Dictionary({'rsrp': dbus.Double(-75.0), 'rsrq': dbus.Double(-11.0),
        'snr': dbus.Double(-32768.0)}, signature='sv')})
""",
)
modem.AddMethod(
    f"{MANAGER}.Modem",
    "GetCellInfo",
    "",
    "aa{sv}",
    """
ret = [dbus.Dictionary({'cell-type': dbus.UInt32(5), 'serving': True, 'tac': '4AA3',
        'ci': '1A2D001', 'physical-ci': 'CD', 'earfcn': dbus.UInt32(1575)}, signature='sv'),
    dbus.Dictionary({'cell-type': dbus.UInt32(6), 'serving': True, 'physical-ci': '1F4',
        'nrarfcn': dbus.UInt32(640000)}, signature='sv')]
""",
)
modem.UpdateProperties(
    f"{MANAGER}.Modem",
    {"AccessTechnologies": dbus.UInt32((1 << 14) | (1 << 15)), "State": dbus.Int32(11)},
)
modem.AddProperties(
    f"{MANAGER}.Modem",
    table(
        {
            "Manufacturer": "Quectel",
            "CurrentBands": dbus.Array([dbus.UInt32(33), dbus.UInt32(378)], signature="u"),
            "EquipmentIdentifier": "860302050000000",
            "Bearers": dbus.Array([dbus.ObjectPath(BEARER)], signature="o"),
        }
    ),
)
modem.AddProperties(
    f"{MANAGER}.Modem.Modem3gpp",
    table({"OperatorCode": "45204", "RegistrationState": dbus.UInt32(1)}),
)
stats = table({"rx-bytes": dbus.UInt64(123456789), "tx-bytes": dbus.UInt64(987654)})
mock.AddObject(
    BEARER,
    f"{MANAGER}.Bearer",
    table({"Interface": "wwan0", "Connected": True, "Stats": stats}),
    dbus.Array([], signature="(ssss)"),
)
