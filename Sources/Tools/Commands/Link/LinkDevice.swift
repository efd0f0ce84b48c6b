internal import ArgumentParser
internal import CommandSupport
internal import Hooks
internal import Sandbox

/// An interface that programs find in a map of devices: `MAP:KEY=IF`, as somebody typed it.
struct LinkDevice: Equatable, Sendable {
    let map: String
    let key: UInt32
    let name: String

    init(_ text: String) throws {
        let sides = text.split(separator: "=", maxSplits: 1)
        let place = sides.first?.split(separator: ":") ?? []
        guard sides.count == 2, place.count == 2, let key = UInt32(place[1]) else {
            throw ValidationError("--device takes MAP:KEY=IF, such as tx_port:2=veth1, and not \(text)")
        }
        map = String(place[0])
        self.key = key
        name = String(sides[1])
    }
}

/// The same, once the link is attached.
struct AttachedDevice: Sendable {
    let map: String
    let key: UInt32
    let interface: UInt32

    init(_ device: LinkDevice, of link: PacketLinkHolder) throws(Failure) {
        guard let interface = link.interfaces[device.name] else {
            throw Failure(
                .badInput, device.name, "is in --device, and no interface of the link",
                remedy: "attach it: --port \(Printable.text(device.name, limit: 32))")
        }
        (map, key) = (device.map, device.key)
        self.interface = interface
    }

    /// Puts it into the map of that name, where the program has one.
    func put(into sandbox: inout Sandbox) throws(SandboxError) {
        guard sandbox.maps.names.contains(map) else { return }
        try sandbox.setDevice(interface, at: key, of: map)
    }
}
