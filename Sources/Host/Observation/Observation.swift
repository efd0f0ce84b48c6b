internal import CObservation
internal import CellImage
internal import Hooks
internal import Linux

/// What the kernel's programs forward, while it is being looked at.
@safe package struct ObservedEvent {
    /// Which of the hooks that were asked for; several where several programs wait at the same.
    package let hook: ObservedHook
    /// CLOCK_MONOTONIC at the event.
    package let time: UInt64
    package let processor: UInt32
    package let process: UInt32
    package let thread: UInt32
    package let user: UInt32
    package let group: UInt32
    package let cgroup: UInt64
    /// Of the socket; 0 where there is none.
    package let cookie: UInt64
    private let commandWords: (UInt64, UInt64)
    /// What a program of the hook would have been shown: its context without pointers, or a tracepoint's record. Valid until the event is over.
    package let bytes: UnsafeRawBufferPointer
}

/// The host, observed through fixed programs in the kernel. They forward, and neither decide nor hold up anything.
@safe package struct Observation: ~Copyable {
    private let handle: OpaquePointer
    private let hooks: [ObservedHook]
    private var buffer: [UInt8]

    /// Bytes of events that are taken from the ring at a time.
    private static let bufferSize = 1 << 20
    /// As in the shim.
    private static let largestRecord = 2048

    /// Loads the shim and attaches it: from here on there are events, and whoever makes this needs no privilege for it any more.
    ///
    /// - Parameters:
    ///   - hooks: none twice.
    ///   - cgroup: whose processes' sockets are observed; nil for all.
    package init(_ hooks: [ObservedHook], cgroup: String?) throws(ObservationError) {
        let made = unsafe try Self.load(Set(hooks.map(\.program)))
        do throws(ObservationError) {
            let sockets = hooks.filter(\.isOfSocket)
            if !sockets.isEmpty { unsafe try Self.attachSockets(made, sockets, cgroup) }
            let others = hooks.enumerated().filter { !$0.element.isOfSocket }.map {
                (place: $0.offset, hook: $0.element)
            }
            if !others.isEmpty { unsafe try Self.attachTracepoints(made, others) }
        } catch {
            // SAFETY: nobody has the handle afterwards.
            unsafe cobservation_detach(made)
            throw error
        }
        self.hooks = hooks
        buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        unsafe handle = unsafe made
    }

    private static func load(_ programs: Set<String>) throws(ObservationError) -> OpaquePointer {
        var made: OpaquePointer?
        var problem = [CChar](repeating: 0, count: Int(COBSERVATION_PROBLEM_SIZE))
        let names = programs.sorted().map { Array($0.utf8CString) }
        // SAFETY: every pointer is to memory that lives through the call; the list of names ends with a null.
        let result = unsafe ObservationShim.object.withUnsafeBytes { object in
            unsafe withPointers(names) { wanted in
                unsafe problem.withUnsafeMutableBufferPointer { problem in
                    unsafe cobservation_load(&made, object.baseAddress, object.count, wanted, problem.baseAddress)
                }
            }
        }
        guard result >= 0, let made = unsafe made else {
            let text = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw .shim(
                errno: Int32(truncatingIfNeeded: -result), String(text.split(separator: "\n").first ?? ""))
        }
        return unsafe made
    }

    /// Calls `body` with pointers to each of the texts, and a null behind.
    @unsafe private static func withPointers<Result>(
        _ texts: [[CChar]], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let all = texts.flatMap { $0 }
        // SAFETY (all): offsets are of the joined texts, which live through the call.
        return unsafe all.withUnsafeBufferPointer { joined in
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            var offset = 0
            for text in texts {
                unsafe pointers.append(joined.baseAddress.map { unsafe $0 + offset })
                offset += text.count
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }

    private static func attachSockets(
        _ handle: OpaquePointer, _ hooks: [ObservedHook], _ cgroup: String?
    ) throws(ObservationError) {
        let folder = try open(cgroup: cgroup)
        for hook in hooks {
            // SAFETY: the handle is of a shim that is loaded; the name lives through the call.
            try check(unsafe cobservation_attach_socket(handle, hook.program, folder.rawValue), hook)
        }
    }

    /// - Parameter hooks: with their places in the list of all, by which events name them.
    private static func attachTracepoints(
        _ handle: OpaquePointer, _ hooks: [(place: Int, hook: ObservedHook)]
    ) throws(ObservationError) {
        let folder = try openTracepoints()
        for (place, hook) in hooks {
            guard case .tracepoint(let category, let name) = hook else { continue }
            let (number, format) = try read(category, name, in: folder.rawValue)
            // SAFETY: the handle is of a shim that is loaded.
            try check(unsafe cobservation_attach_record(handle, number, format.cookie(of: place)), hook)
        }
    }

    private static func check(_ result: Int64, _ hook: ObservedHook) throws(ObservationError) {
        do throws(SystemError) { _ = try checked("bpf(BPF_LINK_CREATE)", Int(result)) } catch {
            throw .attach(hook: hook.section, error)
        }
    }

    private static func open(cgroup: String?) throws(ObservationError) -> FileDescriptor {
        var place = cgroup
        if place == nil { place = try Hierarchy.path() }
        guard let path = place else { throw .noHierarchy }
        do throws(SystemError) {
            // SAFETY: the path is a terminated text during the call.
            return FileDescriptor(owning: Int32(try checked("open", Int(unsafe cobservation_open_cgroup(path)))))
        } catch { throw .cgroup(path, error) }
    }

    private static func openTracepoints() throws(ObservationError) -> FileDescriptor {
        do throws(SystemError) {
            return FileDescriptor(owning: Int32(try checked("fsopen(tracefs)", Int(cobservation_open_tracepoints()))))
        } catch { throw .tracepoints(error) }
    }

    private static func read(
        _ category: String, _ name: String, in folder: Int32
    ) throws(ObservationError) -> (UInt64, TracepointFormat) {
        let whole = "\(category)/\(name)"
        func text(_ file: String) throws(ObservationError) -> String {
            var bytes = [CChar](repeating: 0, count: 1 << 16)
            // SAFETY: the shim writes no more than there is room for.
            let count = unsafe bytes.withUnsafeMutableBufferPointer {
                unsafe cobservation_read_tracepoint(folder, category, name, file, $0.baseAddress, $0.count)
            }
            guard count >= 0 else {
                let error = SystemError(call: "open", code: Int32(truncatingIfNeeded: -count))
                throw error.code == SystemError.noSuchFile ? .unknownTracepoint(whole) : .tracepoints(error)
            }
            return String(decoding: bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let id = try text("id")
        guard let number = UInt64(id.prefix { $0 != "\n" }), let format = TracepointFormat(try text("format")) else {
            throw .unreadableFormat(whole)
        }
        guard format.size <= largestRecord else {
            throw .longRecord(whole, size: format.size, limit: largestRecord)
        }
        return (number, format)
    }

    /// What has to stay open.
    package var rawDescriptors: [Int32] {
        var descriptors = [Int32](repeating: -1, count: 2 * hooks.count + 1)
        // SAFETY: the shim writes no more than there is room for.
        let count = unsafe descriptors.withUnsafeMutableBufferPointer {
            unsafe cobservation_descriptors(handle, $0.baseAddress, Int32($0.count))
        }
        return Array(descriptors.prefix(Int(count)))
    }

    /// Whether what a process does is no event: for those who look on, whose looking would be events again.
    package borrowing func silence(_ process: Int32, _ isSilent: Bool = true) {
        // SAFETY: the handle is of a shim that is loaded; it leaves out numbers that no process has.
        unsafe cobservation_silence(handle, UInt32(bitPattern: process), isSilent ? 1 : 0)
    }

    /// Events that were lost because the ring was full.
    package var lost: UInt64 { unsafe cobservation_lost(handle) }
}

extension Observation: HookProvider {
    package func wait(milliseconds: Int32) throws(ObservationError) {
        // SAFETY: the handle is of a shim that is loaded.
        let result = unsafe cobservation_wait(handle, milliseconds)
        do throws(SystemError) { _ = try checked("poll", Int(result)) } catch { throw .ring(error) }
    }

    /// - Parameter limit: is not kept to: what has come in is taken whole, since it cannot be put back.
    package mutating func serve(
        limit: Int, announce: (ObservedEvent) throws(ObservationError) -> Void,
        decide: (ObservedEvent) throws(ObservationError) -> Void
    ) throws(ObservationError) -> Int {
        let hooks = hooks
        let handle = unsafe handle
        var count = 0
        var problem: ObservationError?
        // SAFETY: the shim writes no more than there is room for, and what it wrote is read within these bounds.
        unsafe buffer.withUnsafeMutableBytes { buffer in
            do throws(ObservationError) {
                let used = unsafe cobservation_take(handle, buffer.baseAddress, buffer.count)
                guard used >= 0 else {
                    throw .ring(SystemError(call: "the ring", code: Int32(truncatingIfNeeded: -used)))
                }
                let all = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(used)])
                count = unsafe try Self.read(all, hooks) { (event) throws(ObservationError) in
                    try announce(event)
                    try decide(event)
                }
            } catch { problem = error }
        }
        if let problem { throw problem }
        return count
    }

    /// - Parameter all: events, each behind its length in eight bytes, each filled up to a multiple of eight.
    @unsafe private static func read(
        _ all: UnsafeRawBufferPointer, _ hooks: [ObservedHook], _ body: (ObservedEvent) throws(ObservationError) -> Void
    ) throws(ObservationError) -> Int {
        let headSize = MemoryLayout<cobservation_event>.size
        var offset = 0
        var count = 0
        while offset < all.count {
            guard all.count - offset >= 8 + headSize else { throw .brokenRing }
            // SAFETY (all): within the bounds that are checked before.
            let length = unsafe Int(truncatingIfNeeded: all.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            guard length >= headSize, length <= all.count - offset - 8 else { throw .brokenRing }
            let head = unsafe all.loadUnaligned(fromByteOffset: offset + 8, as: cobservation_event.self)
            guard Int(head.size) <= length - headSize else { throw .brokenRing }
            let start = offset + 8 + headSize
            offset += 8 + (length + 7) / 8 * 8
            guard let hook = hook(of: head, hooks) else { continue }
            count += 1
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: all[start..<start + Int(head.size)])
            unsafe try body(ObservedEvent(head, hook, bytes))
        }
        return count
    }

    private static func hook(of head: cobservation_event, _ hooks: [ObservedHook]) -> ObservedHook? {
        guard head.is_socket != 0 else {
            return Int(head.source) < hooks.count ? hooks[Int(head.source)] : nil
        }
        return SocketPoint(rawValue: head.source).map { .socket($0) }
    }

    package consuming func detach() throws(ObservationError) {
        // SAFETY: the handle is of a shim that is loaded, and nobody has it afterwards.
        unsafe cobservation_detach(handle)
    }
}

extension ObservedEvent {
    /// The name of the thread, up to 15 bytes.
    package var command: [UInt8] {
        var name: [UInt8] = []
        for word in [commandWords.0, commandWords.1] {
            for shift in UInt64(0)..<8 { name.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
        }
        return Array(name.prefix { $0 != 0 })
    }

    fileprivate init(_ head: cobservation_event, _ hook: ObservedHook, _ bytes: UnsafeRawBufferPointer) {
        self.hook = hook
        time = head.time
        processor = head.processor
        process = UInt32(truncatingIfNeeded: head.thread >> 32)
        thread = UInt32(truncatingIfNeeded: head.thread)
        user = UInt32(truncatingIfNeeded: head.user)
        group = UInt32(truncatingIfNeeded: head.user >> 32)
        cgroup = head.cgroup
        cookie = head.cookie
        // SAFETY: both are sixteen bytes without a pointer.
        commandWords = unsafe unsafeBitCast(head.command, to: (UInt64, UInt64).self)
        unsafe self.bytes = unsafe bytes
    }
}
