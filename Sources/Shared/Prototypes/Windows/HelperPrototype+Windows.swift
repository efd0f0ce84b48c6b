/// Helpers of eBPF for Windows that Linux has none of (libs/execution_context/ebpf_general_helpers.c, ebpf_strings.c).
extension HelperPrototype {
    /// By number from ``WindowsNumbers/own``'s first on.
    package static let ofWindows: [HelperPrototype] = {
        let rows = windowsMemory + windowsOthers
        precondition(rows.map(\.id) == WindowsNumbers.own, "a row for each number, in order")
        return rows
    }()

    /// Memory and strings. What a destination holds behind what is written to it stays, so that it has to hold something, but for the
    /// helpers that fill it to its end.
    private static let windowsMemory: [HelperPrototype] = [
        helper(
            .copyMemory, "bpf_memcpy_s", .integer, .updatedMemory, .sizeOrZero, .readableMemory, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
        helper(
            .compareMemory, "bpf_memcmp_s", .integer, .readableMemory, .sizeOrZero, .readableMemory, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
        helper(
            .setMemory, "bpf_memset", .integer, .writableMemory, .sizeOrZero, .scalar, traits: [.acceptsPacket]),
        helper(
            .moveMemory, "bpf_memmove_s", .integer, .updatedMemory, .sizeOrZero, .readableMemory, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
        helper(
            .copyString, "bpf_strncpy_s", .integer, .writableMemory, .sizeOrZero, .readableMemory, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
        helper(
            .appendString, "bpf_strncat_s", .integer, .updatedMemory, .sizeOrZero, .readableMemory, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
        helper(
            .measureString, "bpf_strnlen_s", .integer, .readableMemoryOrNull, .sizeOrZero,
            traits: [.publishes, .acceptsPacket]),
    ]

    private static let windowsOthers: [HelperPrototype] = [
        helper(.ktimeGetBootMilliseconds, "bpf_ktime_get_boot_ms", .integer),
        helper(.ktimeGetMilliseconds, "bpf_ktime_get_ms", .integer),
        helper(
            .lookupAndDelete, "bpf_map_lookup_and_delete_elem", .mapValueOrNull, .map, .mapKey,
            traits: [.acceptsPacket], maps: .readable),
        helper(.logonID, "bpf_get_current_logon_id", .integer, .context),
        helper(.isAdministrator, "bpf_is_current_admin", .integer, .context),
        helper(.processStartKey, "bpf_get_current_process_start_key", .integer),
        helper(.threadCreateTime, "bpf_get_current_thread_create_time", .integer),
        helper(
            .setRedirectContext, "bpf_sock_addr_set_redirect_context", .integer, .context, .readableMemory,
            .sizeOrZero, traits: [.publishes]),
        helper(
            .getNetworkContext, "bpf_sock_addr_get_network_context", .integer, .context, .writableMemory,
            .sizeOrZero),
        helper(.imagePath, "bpf_process_get_image_path", .integer, .context, .writableMemory, .sizeOrZero),
        helper(.accountName, "bpf_process_get_account_name", .integer, .context, .writableMemory, .sizeOrZero),
        helper(.accountDomain, "bpf_process_get_account_domain", .integer, .context, .writableMemory, .sizeOrZero),
        helper(.sampleFunction1, "bpf_sample_helper_function1", .integer, .context),
        helper(
            .sampleFind, "bpf_sample_find", .integer, .readableMemory, .sizeOrZero, .readableMemory,
            .sizeOrZero),
        helper(
            .sampleReplace, "bpf_sample_replace", .integer, .updatedMemory, .sizeOrZero, .anything,
            .readableMemory, .sizeOrZero),
        helper(.sampleImplicit1, "bpf_sample_helper_implicit_1", .integer),
        helper(.sampleImplicit2, "bpf_sample_helper_implicit_2", .integer, .anything),
        helper(.sampleLookup, "bpf_sample_map_lookup_element", .integer, .map, .mapKey, maps: .readable),
        helper(.sampleValue, "bpf_sample_map_get_value", .integer, .map, maps: .readable),
    ]

    private static func helper(
        _ helper: WindowsNumbers.Helper, _ name: StaticString, _ result: HelperResult,
        _ first: HelperArgument = .unused, _ second: HelperArgument = .unused, _ third: HelperArgument = .unused,
        _ fourth: HelperArgument = .unused, _ fifth: HelperArgument = .unused, traits: HelperTraits = [],
        maps: MapTypeSet = []
    ) -> HelperPrototype {
        HelperPrototype(
            id: helper.rawValue, name: name, result: result, arguments: [first, second, third, fourth, fifth],
            traits: traits, maps: maps)
    }
}
