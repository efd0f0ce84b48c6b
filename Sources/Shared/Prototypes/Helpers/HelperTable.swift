extension HelperPrototype {
    /// Indexed by id; where Linux has no such number, the row says id 0.
    package static let all: [HelperPrototype] = {
        let groups = [
            maps, storage, system, packet, packetShape, redirection, sockets, messages, tracing, text, rings, callbacks,
        ]
        var table = [HelperPrototype](repeating: unspecified, count: 212)
        for group in groups {
            for row in group {
                precondition(table[Int(row.id)].id == 0, "two rows for one helper")
                table[Int(row.id)] = row
            }
        }
        return table
    }()

    /// The row of a helper, or nil for a number that Linux has not given out.
    package static func row(_ id: UInt32) -> HelperPrototype? {
        guard id != 0, id < UInt32(all.count) else { return nil }
        let row = all[Int(id)]
        return row.id == id ? row : nil
    }

    private static let unspecified = HelperPrototype(
        id: 0, name: "bpf_unspec", result: .void,
        arguments: [.unused, .unused, .unused, .unused, .unused])

    /// How the tables spell a row: arguments in order, none behind the last.
    static func helper(
        _ id: UInt32, _ name: StaticString, _ result: HelperResult, _ first: HelperArgument = .unused,
        _ second: HelperArgument = .unused, _ third: HelperArgument = .unused, _ fourth: HelperArgument = .unused,
        _ fifth: HelperArgument = .unused, traits: HelperTraits = [], maps: MapTypeSet = [],
        callback: CallbackShape? = nil
    ) -> HelperPrototype {
        HelperPrototype(
            id: id, name: name, result: result, arguments: [first, second, third, fourth, fifth], traits: traits,
            maps: maps, callback: callback)
    }
}
