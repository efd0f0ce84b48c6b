internal import CLinux
internal import Linux

/// The supervisor's end of the channel to the broker: it asks, and gets an answer in time or does without.
@safe final class BrokerChannel {
    let descriptor: Int32
    private let mutex: OpaquePointer
    private var number: UInt64 = 0
    private var lastSpent: UInt64 = 0
    private var passed: UInt64 = 0
    /// Questions for which the policy's word stood in, since no answer came in time.
    private var unanswered: UInt64 = 0
    private(set) var identifies = false
    private var open: UInt64 = 0
    /// Whether programs that are told of calls read memory.
    private(set) var readsMemory = false

    init(_ descriptor: Int32) throws(SystemError) {
        // SAFETY: no preconditions; the result is checked, and lives as long as this process.
        guard let mutex = unsafe clinux_mutex_make() else { throw SystemError(call: "malloc", code: 12) }
        unsafe self.mutex = unsafe mutex
        self.descriptor = descriptor
    }

    /// What is asked.
    struct Question {
        var hook: SupervisedHook
        var caller: UInt32
        var status: CallerStatus?
        var family: Int32
        var type: Int32
        var transport: Int32
        var cookie: UInt64
        var address: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var port: UInt32 = 0
        /// Who the other side is, where that is not the address.
        var source: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var sourcePort: UInt32 = 0
        /// It has happened already, and nobody's answer changes that.
        var isOver = false
        /// The path of the caller's image, where that is told.
        var image: [UInt8] = []
    }

    /// What is asked about a process.
    struct ProcessQuestion {
        var facts: clinux_supervised_process
        var image: ExecutedImage?

        init(_ what: UInt32, _ image: ExecutedImage?, by creator: CallerStatus?) {
            facts = clinux_supervised_process()
            facts.what = what
            self.image = image
            guard let creator else { return }
            (facts.user, facts.group) = (creator.user, creator.group)
            (facts.command_0, facts.command_1) = BrokerChannel.words(creator.name)
        }
    }

    struct Ruling {
        var allows: Bool
        var anyPort = false
        /// The address that is to take the place of the caller's.
        var rewritten: (address: (UInt32, UInt32, UInt32, UInt32), port: UInt32)?
    }

    /// Waits for the broker's word; false where it went away instead.
    func waitForStart() throws(SystemError) -> Bool {
        var start = clinux_supervised_start()
        guard try receive(&start, CLINUX_SUPERVISED_START) else { return false }
        identifies = start.identifies != 0
        open = start.open_hooks
        readsMemory = start.reads_memory != 0
        _ = try checked("setsockopt", Int(clinux_limit_receive(descriptor, start.deadline)))
        return true
    }

    /// Asks, and waits. Without an answer in time it is what the policy says for that hook.
    func ask(_ question: Question) -> Ruling {
        var call = clinux_supervised_call()
        call.kind = CLINUX_SUPERVISED_CALL
        call.hook = question.hook.rawValue
        call.thread = question.caller
        if let status = question.status {
            (call.process, call.user, call.group) = (status.process, status.user, status.group)
            (call.command_0, call.command_1) = Self.words(status.name)
        }
        call.cookie = question.cookie
        call.family = UInt32(bitPattern: question.family)
        call.type = UInt32(bitPattern: question.type)
        call.protocol = UInt32(bitPattern: question.transport)
        (call.address_0, call.address_1, call.address_2, call.address_3) = question.address
        call.port = question.port
        (call.source_0, call.source_1, call.source_2, call.source_3) = question.source
        call.source_port = question.sourcePort
        call.status = question.isOver ? 1 : 0
        return exchange(at: question.hook) { (number, spent, passed) in
            (call.number, call.spent, call.passed) = (number, spent, passed)
            return question.image.isEmpty ? send(&call) : send(&call, question.image)
        }
    }

    /// The same about a process.
    func ask(_ question: ProcessQuestion) -> Bool {
        var process = question.facts
        process.kind = CLINUX_SUPERVISED_PROCESS
        process.image_size = UInt32(question.image?.path.count ?? 0)
        let trailer = question.image.map { $0.path + $0.arguments } ?? []
        return exchange(at: .process) { (number, spent, passed) in
            (process.number, process.spent, process.passed) = (number, spent, passed)
            return send(&process, trailer)
        }.allows
    }

    /// One question at a time, and its answer.
    func exchange(
        at hook: SupervisedHook, _ send: (_ number: UInt64, _ spent: UInt64, _ passed: UInt64) -> Bool
    ) -> Ruling {
        // SAFETY (both): the mutex lives as long as the process.
        unsafe clinux_mutex_lock(mutex)
        defer { unsafe clinux_mutex_unlock(mutex) }
        number += 1
        let spent = lastSpent
        lastSpent = 0
        let isOpen = open >> UInt64(hook.rawValue) & 1 == 1
        guard send(number, spent, passed) else { return Ruling(allows: false) }
        while true {
            var ruling = clinux_supervised_ruling()
            do throws(SystemError) {
                guard try receive(&ruling, CLINUX_SUPERVISED_RULING) else { return Ruling(allows: false) }
            } catch {
                // EAGAIN: the deadline. Anything else is no answer, and will be none.
                unanswered += 1
                return Ruling(allows: error.code == SystemError.wouldBlock && isOpen)
            }
            // The answer to a question that was given up.
            guard ruling.number == number else { continue }
            let rewrites = ruling.flags & CLINUX_RULING_REWRITES != 0
            return Ruling(
                allows: ruling.flags & CLINUX_RULING_ALLOWS != 0, anyPort: ruling.flags & CLINUX_RULING_ANY_PORT != 0,
                rewritten: rewrites
                    ? ((ruling.address_0, ruling.address_1, ruling.address_2, ruling.address_3), ruling.port) : nil)
        }
    }

    /// How long the call that was asked about last took here; by whoever leads.
    func spent(_ nanoseconds: UInt64) {
        // SAFETY (both): the mutex lives as long as the process.
        unsafe clinux_mutex_lock(mutex)
        lastSpent = nanoseconds
        unsafe clinux_mutex_unlock(mutex)
    }

    /// A call about which nobody was asked.
    func pass() {
        // SAFETY (both): the mutex lives as long as the process.
        unsafe clinux_mutex_lock(mutex)
        passed += 1
        unsafe clinux_mutex_unlock(mutex)
    }

    /// Says something that has no answer.
    func tell(_ kind: UInt32, status: Int32) {
        var call = clinux_supervised_call()
        call.kind = kind
        call.status = UInt32(bitPattern: status)
        call.spent = lastSpent
        call.passed = passed
        call.unanswered = unanswered
        _ = send(&call)
    }

    func tell(_ kind: UInt32, trailer: [UInt8]) throws(SystemError) {
        var call = clinux_supervised_call()
        call.kind = kind
        // SAFETY: the structure is plain memory, and its bytes are copied.
        let bytes = unsafe withUnsafeBytes(of: &call) { unsafe Array($0) } + trailer
        // SAFETY: the shim reads so many bytes, and no descriptors.
        _ = try checked("sendmsg", Int(unsafe clinux_send(descriptor, bytes, UInt64(bytes.count), nil, 0)))
    }

    /// Takes an answer for which nobody waits any more.
    func discard() {
        // SAFETY (both): the mutex lives as long as the process.
        unsafe clinux_mutex_lock(mutex)
        defer { unsafe clinux_mutex_unlock(mutex) }
        guard clinux_poll_readable(descriptor, 0) == 1 else { return }
        var ruling = clinux_supervised_ruling()
        do throws(SystemError) { _ = try receive(&ruling, CLINUX_SUPERVISED_RULING) } catch { return }
    }

    func send<Message>(_ message: inout Message, _ trailer: [UInt8]) -> Bool {
        // SAFETY: the structure is plain memory, and its bytes are copied.
        let bytes = unsafe withUnsafeBytes(of: &message) { unsafe Array($0) } + trailer
        // SAFETY: the shim reads so many bytes, and no descriptors.
        return unsafe clinux_send(descriptor, bytes, UInt64(bytes.count), nil, 0) == Int64(bytes.count)
    }

    private func send(_ call: inout clinux_supervised_call) -> Bool {
        // SAFETY: the shim reads the structure's bytes, and no descriptors.
        unsafe withUnsafeBytes(of: &call) {
            unsafe clinux_send(descriptor, $0.baseAddress, UInt64($0.count), nil, 0) == Int64($0.count)
        }
    }

    /// Receives one message of a kind, whose first word says so; false where the broker is gone.
    private func receive<Message>(_ message: inout Message, _ kind: UInt32) throws(SystemError) -> Bool {
        let size = MemoryLayout<Message>.size
        var none: [Int32] = Array(repeating: -1, count: 8)
        var count: Int32 = 0
        var received: Int64 = 0
        var first: UInt32 = 0
        // SAFETY: the shim writes at most the structure's bytes, which are plain memory and more than a word.
        unsafe withUnsafeMutableBytes(of: &message) { bytes in
            received = unsafe clinux_receive(descriptor, bytes.baseAddress, UInt64(size), &none, &count)
            first = unsafe bytes.load(as: UInt32.self)
        }
        for index in 0..<Int(count) { _ = clinux_close(none[index]) }
        let length = try checked("recvmsg", Int(received))
        if length == 0 { return false }
        guard length == size, first == kind else {
            throw SystemError(call: "recvmsg (a message of \(length) bytes that means nothing)", code: 71)
        }
        return true
    }

    /// The kernel's name of a thread, which has fifteen bytes.
    static func words(_ name: [UInt8]) -> (UInt64, UInt64) {
        func word(_ offset: Int) -> UInt64 {
            name.prefix(15).dropFirst(offset).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return (word(0), word(8))
    }
}
