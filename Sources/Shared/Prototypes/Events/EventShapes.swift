extension ProgramDescriptor {
    /// How events are delivered to programs of this row; nil where none are.
    package var events: EventShape? {
        switch linuxType {
        case 1: EventShape(.link, .socket, .socketFilter)
        case 3:
            switch attachType {
            case 0: EventShape(.link, .socket, .classifier)
            case 46, 47: EventShape(.link, .socket, .tcx)
            default: nil
            }
        case 4: EventShape(.link, .socket, .action)
        case 6: attachType == 37 ? EventShape(.link, .express, .express) : nil
        case 8:
            attachType == 0
                ? EventShape(.network, .socket, .permission("INGRESS allow", "INGRESS deny"))
                : EventShape(.network, .socket, .egress)
        case 9: socketVerdicts.map { EventShape(.none, .none, $0) }
        case 13: EventShape(.none, .none, .permission("SOCK_OPS reply", "SOCK_OPS refuse"))
        case 18: addressVerdicts.map { EventShape(.none, .none, $0) }
        case 5:
            // Whatever is not 0 lets the event go on to those who record it (trace_call_bpf in kernel/trace/bpf_trace.c).
            EventShape(
                .none, .none, .permission("TRACEPOINT pass", "TRACEPOINT filter", otherwise: 1), isRecord: true,
                memory: context.size)
        case 17: EventShape(.none, .none, .notice("RAW_TRACEPOINT done"), memory: 0)
        case 22: EventShape(.link, .socket, .flowDissector)
        case Self.windowsBind: EventShape(.text("app_id", .utf16), .plain, .windowsBind)
        case Self.windowsProcess:
            EventShape(.text("command", .utf16), .plain, .windowsProcess, hidden: "image_path")
        case Self.windowsSample: EventShape(.text("data", .utf8), .plain, .notice("SAMPLE returned"))
        case Self.windowsSocketAddress: windowsAddressVerdicts.map { EventShape(.none, .none, $0) }
        default: nil
        }
    }

    /// `enum bpf_attach_type`, here and below.
    private var socketVerdicts: VerdictTable? {
        switch attachType {
        case 2: .permission("SOCK_CREATE allow", "SOCK_CREATE deny")
        // The socket goes, whatever the program says.
        case 34: .notice("SOCK_RELEASE done")
        case 12, 13: .permission("POST_BIND allow", "POST_BIND deny")
        default: nil
        }
    }

    private var windowsAddressVerdicts: VerdictTable? {
        switch attachType {
        case 5, 6: .windowsSocketAddress("RECV_ACCEPT deny", "RECV_ACCEPT allow", "RECV_ACCEPT allow, hard")
        case 12, 13:
            .windowsSocketAddress(
                "CONNECT_AUTHORIZATION deny", "CONNECT_AUTHORIZATION allow", "CONNECT_AUTHORIZATION allow, hard")
        case 16, 17: .windowsSocketAddress("LISTEN deny", "LISTEN allow", "LISTEN allow, hard")
        default: nil
        }
    }

    private var addressVerdicts: VerdictTable? {
        switch attachType {
        case 8, 9: .bind
        case 10, 11: .permission("CONNECT allow", "CONNECT deny")
        case 14, 15: .permission("SENDMSG allow", "SENDMSG deny")
        case 19, 20: .notice("RECVMSG allow")
        case 29, 30: .notice("GETPEERNAME allow")
        case 31, 32: .notice("GETSOCKNAME allow")
        default: nil
        }
    }
}
