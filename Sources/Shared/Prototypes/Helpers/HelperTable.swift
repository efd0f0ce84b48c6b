extension HelperPrototype {
    /// Linux's, indexed by id; where Linux has no such number, the row says id 0.
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

    /// The row of a helper, or nil for a number that Linux has not given out, and that is none of ``ofWindows`` either.
    package static func row(_ id: UInt32) -> HelperPrototype? {
        if let first = ofWindows.first?.id, id >= first {
            return id - first < UInt32(ofWindows.count) ? ofWindows[Int(id - first)] : nil
        }
        guard id != 0, id < UInt32(all.count) else { return nil }
        let row = all[Int(id)]
        return row.id == id ? row : nil
    }

    /// What the arguments must be in programs of one type: for some helpers Linux has several rows under one number,
    /// for the context and for an object.
    package func arguments(in program: ProgramDescriptor) -> [5 of HelperArgument] {
        var arguments = arguments
        let isTyped = [26, 29, 31].contains(program.linuxType)
        switch id {
        // get_cgroup_classid: of the packet, or else of the task.
        case 17 where ![3, 4, 10, 11, 12, 19].contains(program.linuxType): arguments[0] = .unused
        // sk_assign: only a look-up program may choose none.
        case 124 where program.linuxType != 30: arguments[1] = .socket
        // xdp_get_buff_len.
        case 188 where isTyped: arguments[0] = .kernelObject
        default: break
        }
        for index in arguments.indices where arguments[index] == .contextOrSocket {
            let takesContext =
                switch id {
                // sk_storage_get: `struct bpf_sock` as the context is the socket.
                case 107: program.linuxType == 9
                // setsockopt, getsockopt: programs of addresses and of socket operations.
                case 49, 57: program.linuxType == 18 || program.linuxType == 13
                // get_socket_cookie.
                default: !isTyped && program.linuxType != 21
                }
            arguments[index] = takesContext ? .context : .socket
        }
        return arguments
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
