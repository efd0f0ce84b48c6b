package import Confinement

/// A section as a person names it for a hook: of those for tracepoints, which call.
package struct HookSection: Hashable, Sendable {
    package let hook: SupervisedHook
    package let text: String
    /// The call that a tracepoint is of; nil: all of them, or the hook is another.
    package let call: SystemCall?

    /// Nil where there is no such hook, or no such call.
    package init?(_ text: String) {
        self.text = text
        if let hook = SupervisedHook(section: text) {
            self.hook = hook
            call = nil
            return
        }
        guard let place = Self.tracepoint(text) else { return nil }
        hook = place.hook
        call = place.call
    }

    private static func tracepoint(_ text: String) -> (hook: SupervisedHook, call: SystemCall?)? {
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        switch words.first {
        case "tp", "tracepoint":
            guard words.count == 3 else { return nil }
            switch (words[1], words[2]) {
            case ("raw_syscalls", "sys_enter"): return (.callEntered, nil)
            case ("raw_syscalls", "sys_exit"): return (.callReturned, nil)
            case ("syscalls", let name):
                for (start, hook) in [("sys_enter_", SupervisedHook.callEntered), ("sys_exit_", .callReturned)] {
                    guard name.hasPrefix(start) else { continue }
                    return SystemCall(tracepoint: String(name.dropFirst(start.count))).map { (hook, $0) }
                }
                return nil
            case _: return nil
            }
        // Of the two, Linux has no others that are of one call.
        case "raw_tp", "raw_tracepoint":
            switch words.dropFirst() {
            case ["sys_enter"]: return (.rawCallEntered, nil)
            case ["sys_exit"]: return (.rawCallReturned, nil)
            case _: return nil
            }
        case _: return nil
        }
    }
}

/// Of which calls programs are told.
package struct ObservedCalls: Equatable, Sendable {
    /// By their numbers.
    private var entered: [UInt32: SystemCall] = [:]
    private var returned: [UInt32: SystemCall] = [:]
    private var entersAll = false
    private var returnsAll = false

    package init(_ sections: [HookSection]) {
        for section in sections {
            switch section.hook {
            case .callEntered, .rawCallEntered:
                if let call = section.call { entered[call.number] = call } else { entersAll = true }
            case .callReturned, .rawCallReturned:
                if let call = section.call { returned[call.number] = call } else { returnsAll = true }
            case .connectIPv4, .connectIPv6, .bindIPv4, .bindIPv6, .sendIPv4, .sendIPv6, .socketCreate, .process,
                .receiveIPv4, .receiveIPv6, .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4,
                .listenIPv6, .windowsBind:
                break
            }
        }
    }

    /// How a call ends, and the registers of one that begins, only a tracer sees; it then tells of the beginnings too.
    var needTracer: Bool { !returned.isEmpty || entersAll || returnsAll }

    /// Rows by which the kernel has the supervisor told of calls, where no tracer is.
    ///
    /// - Parameters:
    ///   - socket: by which the command's process says and hears when it begins, with memory at `words`: of that nobody is told, because nobody
    ///     would answer yet.
    package func rows(socket: Int32, words: UInt64) -> [SystemCallRule] {
        guard !needTracer else { return [] }
        let reason = "programs are told of it, and it goes on"
        return entered.values.sorted { $0.number < $1.number }.flatMap { call in
            guard [SystemCall.read.number, SystemCall.write.number].contains(call.number) else {
                return [SystemCallRule.notify(call, reason: reason)]
            }
            return [
                SystemCallRule.notify(
                    call, .argument(0, differsFrom: UInt64(UInt32(bitPattern: socket))), reason: reason),
                .notify(call, .argument(1, differsFrom: words), reason: reason),
            ]
        }
    }

    func wantsEntry(of call: Int32) -> Bool { entersAll || entered[UInt32(bitPattern: call)] != nil }
    func wantsReturn(of call: Int32) -> Bool { returnsAll || returned[UInt32(bitPattern: call)] != nil }
}
