/// Which helpers each type of programs may call, as sets that the rows of ``ProgramDescriptor`` put together. Linux
/// spreads this over the `get_func_proto` functions; the sets were read off a kernel of version 6.18, and a test asks
/// the running one.
extension HelperSet {
    /// Every type but netfilter's (bpf_base_func_proto in kernel/bpf/helpers.c), asked by somebody with all
    /// capabilities.
    static let base = HelperSet(maps, machine, tasks, textAndRings, objects)

    static let maps = HelperSet([1, 2, 3, 12, 87, 88, 89, 164, 181, 194, 195], locks, timers)
    /// Where Linux has these helpers but refuses maps with locks or timers, the rows leave the helpers out
    /// (check_map_prog_compatibility in kernel/bpf/verifier.c).
    static let locks: HelperSet = [93, 94]
    static let timers: HelperSet = [169, 170, 171, 172]
    /// Time, processor, chance, events that count.
    static let machine: HelperSet = [5, 7, 8, 22, 42, 55, 118, 125, 176, 208]
    /// The task that runs, its cgroups, its memory, and the kernel's.
    static let tasks: HelperSet = [
        14, 15, 16, 17, 35, 37, 80, 109, 112, 113, 114, 115, 117, 120, 123, 141, 148, 158, 175, 180, 191,
    ]
    static let textAndRings: HelperSet = [
        6, 105, 106, 130, 131, 132, 133, 134, 149, 165, 177, 182, 197, 198, 199, 200, 201, 202, 203, 209,
    ]
    /// Storage of tasks and cgroups, variables of the kernel.
    static let objects: HelperSet = [153, 154, 156, 157, 210, 211]

    /// perf_event_output.
    static let events: HelperSet = [25]
    static let coarseTime: HelperSet = [160]
    /// bpf_sk_base_func_proto in net/core/filter.c: views of a socket as what it is.
    static let sockets: HelperSet = [136, 137, 138, 139, 140, 160, 178, 196]
    static let packetBytes: HelperSet = [26, 68]
    static let socketLookups: HelperSet = [84, 85, 86, 99]
    static let socketViews: HelperSet = [95, 96, 97, 98]
    static let socketStorage: HelperSet = [107, 108]
    static let socketOptions: HelperSet = [49, 57]
    static let results: HelperSet = [186, 187]
    static let localStorage: HelperSet = [81]
    static let syncookies: HelperSet = [100, 110, 204, 205, 206, 207]

    static let packetViews = HelperSet(base, sockets, events, packetBytes, [46, 47, 122])
    static let socketFilter = packetViews.subtracting(locks)
    static let trafficControl = HelperSet(
        packetViews, socketLookups, socketViews, socketStorage, syncookies,
        [
            9, 10, 11, 13, 18, 19, 20, 21, 23, 24, 28, 29, 30, 31, 32, 33, 34, 38, 39, 40, 41, 43, 48, 50, 66, 69, 79,
            83,
        ],
        [124, 135, 151, 152, 155, 163, 192])
    static let expressPath = HelperSet(
        base, sockets, events, socketLookups, syncookies, [23, 28, 44, 51, 54, 65, 69, 163, 188, 189, 190])
    static let cgroupPacket = HelperSet(
        packetViews, socketLookups, socketViews, socketStorage, localStorage, [79, 83, 128, 129])
    static let cgroupSocket = HelperSet(base, coarseTime, events, localStorage, results, [46, 107, 122])
    static let cgroupAddress = HelperSet(
        base, sockets, events, localStorage, socketOptions, socketLookups, socketStorage, [46, 122])
    static let lightweightTunnel = HelperSet(base, sockets, events, [24, 26, 28, 33, 34, 39])
    static let lightweightTransmit = HelperSet(
        lightweightTunnel, [9, 10, 11, 13, 20, 21, 23, 29, 30, 38, 40, 41, 43, 73, 135])
    static let socketOperations = HelperSet(
        base, sockets, events, localStorage, socketOptions, socketStorage,
        [46, 53, 59, 70, 96, 122, 142, 143, 144])
    static let socketBuffers = HelperSet(base, sockets, events, socketLookups, [9, 26, 38, 39, 43, 46, 47, 50, 52, 72])
    static let messages = HelperSet(base, sockets, events, socketStorage, [60, 61, 62, 63, 71, 90, 91, 122])
    static let device = HelperSet(base, events, localStorage, results)
    static let systemControl = HelperSet(device, coarseTime, [101, 102, 103, 104])
    static let optionRead = HelperSet(device, socketStorage, [96, 122])
    static let optionSet = HelperSet(optionRead, socketOptions)
    static let reuseport = HelperSet(base, coarseTime, packetBytes, [46, 82])
    static let flowDissector = HelperSet(base, sockets, [26])
    static let socketLookup = HelperSet(base, sockets, events, [86, 124])
    static let remoteControl = HelperSet(base, events, [77, 78, 92])

    /// bpf_tracing_func_proto in kernel/trace/bpf_trace.c. probe_write_user is there unless the kernel is locked down.
    static let observing = HelperSet(base, events, [4, 27, 36, 45, 67])
    static let tracepoint = HelperSet(observing, [174]).subtracting(locks).subtracting(timers)
    static let probing = HelperSet(tracepoint, [58, 173])
    static let perfEvent = HelperSet(tracepoint, [56, 119])
    static let typed = HelperSet(
        observing, sockets.subtracting(coarseTime), socketStorage, [46, 111, 121, 162, 174, 188])
    /// Functions whose arguments and result a trampoline hands over.
    static let function = HelperSet(typed, [147, 173, 183, 184, 185])
    static let iterator = HelperSet(typed, [126, 127, 147, 150]).subtracting([174])
    static let security = HelperSet(
        function, socketOptions, coarseTime, [122, 145, 146, 159, 161, 193])
    static let cgroupSecurity = HelperSet(security, localStorage, results)
    static let systemCall = HelperSet(typed, [166, 167, 168, 179]).subtracting([174]).subtracting(socketStorage)

    func subtracting(_ other: HelperSet) -> HelperSet {
        var rest = self
        for index in 0..<4 { rest.words[index] &= ~other.words[index] }
        return rest
    }
}
