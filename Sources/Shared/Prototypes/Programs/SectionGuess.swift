extension ProgramDescriptor {
    /// The type that a program most likely has where its section name claims none: for tools that look at objects
    /// whose loader would have been told the type.
    ///
    /// First libbpf's rules; then what older loaders accepted, any name that begins with the word (`xdp_pass`,
    /// `socket1`); then, for a function in `.text`, the type that all sections with a claim agree on; then express
    /// path if the section's or the object's name speaks of it; and else traffic control, which tail calls and shared
    /// functions most often belong to.
    package static func guess(
        section: String, objectSections: [String] = [], objectName: String = ""
    ) -> ProgramDescriptor? {
        if let claimed = claim(section) { return claimed }
        if section == ".text" {
            let claims = objectSections.compactMap(claim)
            if let first = claims.first, claims.allSatisfy({ $0.linuxType == first.linuxType }) { return first }
        }
        let isExpress = section.contains("xdp") || objectName.contains("xdp")
        return row(type: isExpress ? 6 : 3)
    }

    private static func claim(_ section: String) -> ProgramDescriptor? {
        row(section: section) ?? oldNames.first { section.hasPrefix($0.prefix) }.flatMap { row(type: $0.type) }
    }

    /// In order: what stands first is asked first.
    private static let oldNames: [(prefix: String, type: UInt32)] = [
        ("xdp", 6), ("tc", 3), ("classifier", 3), ("action", 4), ("socket", 1), ("kprobe", 2), ("kretprobe", 2),
        ("uprobe", 2), ("uretprobe", 2), ("tracepoint", 5), ("tp/", 5), ("raw_tracepoint", 17), ("raw_tp", 17),
        ("perf_event", 7), ("cgroup/skb", 8), ("cgroup_skb", 8), ("cgroup/sock", 9), ("cgroup/dev", 15),
        ("lwt_in", 10), ("lwt_out", 11), ("lwt_xmit", 12), ("lwt_seg6local", 19), ("sockops", 13), ("sk_skb", 14),
        ("sk_msg", 16), ("flow_dissector", 22), ("cgroup/sysctl", 23), ("sk_lookup", 30), ("iter", 26),
        // A sample of the kernel's sources: samples/bpf/lwt_len_hist_kern.c.
        ("len_hist", 11),
    ]
}
