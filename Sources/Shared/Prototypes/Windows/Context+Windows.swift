/// Contexts of eBPF for Windows. Pointers have 64 bits there; fields lie where a compiler for BPF puts them.
extension ContextDescriptor {
    /// `bind_md_t`. The name of the application, which is UTF-16, is read as a packet is. A program that redirects writes the address.
    static let windowsBind = ContextDescriptor(
        name: "bind_md_t", size: 56,
        fields: [
            ContextField("app_id_start", at: 0, size: 8, .packet, isNarrowable: false),
            ContextField("app_id_end", at: 8, size: 8, .packetEnd, isNarrowable: false),
            ContextField("process_id", at: 16, size: 8),
            ContextField("socket_address", at: 24, size: 16, .words, isWritable: true),
            ContextField("socket_address_length", at: 40, size: 1),
            ContextField("operation", at: 44, size: 4),
            ContextField("protocol", at: 48, size: 1),
        ])

    /// `process_md_t`. The command line is UTF-16. `operation` is a field of eight bits in a word of its own.
    static let windowsProcess = ContextDescriptor(
        name: "process_md_t", size: 144,
        fields: [
            ContextField("command_start", at: 0, size: 8, .packet, isNarrowable: false),
            ContextField("command_end", at: 8, size: 8, .packetEnd, isNarrowable: false),
            ContextField("process_id", at: 16, size: 8),
            ContextField("parent_process_id", at: 24, size: 8),
            ContextField("creating_process_id", at: 32, size: 8),
            ContextField("creating_thread_id", at: 40, size: 8),
            ContextField("creation_time", at: 48, size: 8),
            ContextField("exit_time", at: 56, size: 8),
            ContextField("process_exit_code", at: 64, size: 4),
            ContextField("operation", at: 68, size: 4),
            ContextField("token_sid_size", at: 72, size: 4),
            ContextField("token_sid", at: 76, size: 68, .words),
        ])

    /// `sample_program_context_t`, of the extension that its tests run programs in.
    static let windowsSample = ContextDescriptor(
        name: "sample_program_context_t", size: 32,
        fields: [
            ContextField("data_start", at: 0, size: 8, .packet, isNarrowable: false),
            ContextField("data_end", at: 8, size: 8, .packetEnd, isNarrowable: false),
            ContextField("uint32_data", at: 16, size: 4),
            ContextField("uint16_data", at: 20, size: 2),
            ContextField("helper_data_1", at: 24, size: 4),
            ContextField("helper_data_2", at: 28, size: 4),
        ])

    /// `bpf_sock_addr_t`: Linux's structure of that name is another. Addresses of IPv4 take the first four bytes of their places; ports have
    /// two bytes, in network order.
    static func windowsSocketAddress(_ family: AddressFamily) -> ContextDescriptor {
        func address(_ ipv4: StaticString, _ ipv6: StaticString, at offset: UInt32) -> [ContextField] {
            switch family {
            case .ipv4: [ContextField(ipv4, at: offset, size: 4)]
            case .ipv6: [ContextField(ipv6, at: offset, size: 16, .words)]
            case .unix: []
            }
        }
        return ContextDescriptor(
            name: "bpf_sock_addr_t", size: 64,
            fields: [ContextField("family", at: 0, size: 4)]
                + address("msg_src_ip4", "msg_src_ip6", at: 4)
                + [ContextField("msg_src_port", at: 20, size: 2)]
                + address("user_ip4", "user_ip6", at: 24)
                + [
                    ContextField("user_port", at: 40, size: 2),
                    ContextField("protocol", at: 44, size: 4),
                    ContextField("compartment_id", at: 48, size: 4),
                    ContextField("interface_luid", at: 56, size: 8),
                ])
    }
}
