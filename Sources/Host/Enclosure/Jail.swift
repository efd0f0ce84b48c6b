internal import CLinux
package import Confinement
package import Linux

/// Why a jail or a cell could not be started, or what became of it.
package enum EnclosureError: Error, Equatable, Sendable {
    /// The helper executable is not beside this one, or ended before it was confined.
    case helperMissing(path: String)
    /// The spawner is gone or does not speak the protocol.
    case spawner(String)
    case system(SystemError)
    /// The admission jail was killed or gave up; `status` as waitpid(2) gives it.
    case admissionDied(status: Int32)
    /// The admission jail's answer makes no sense.
    case admissionAnswer(status: UInt64, length: UInt64, limit: UInt64)
    /// The object is not acceptable; the reader's sentence.
    case objectRefused(String)
    /// The verification jail was killed or gave up; `status` as waitpid(2) gives it.
    case verificationDied(status: Int32)
    /// The verification jail was ended because it used up the time that it had.
    case verificationOutOfTime(VerificationLimits)
    /// The verification jail's answer makes no sense.
    case verificationAnswer(status: UInt64, length: UInt64, limit: UInt64)
    /// The verification jail could not read what it was given; its sentence.
    case verificationRefused(String)
    /// The compilation jail was killed or gave up, or had its time.
    case compilationDied(status: Int32, isLate: Bool)
    /// The compilation jail's answer makes no sense.
    case compilationAnswer(status: UInt64, length: UInt64, limit: UInt64)
    /// The program cannot be compiled; the compiler's sentence.
    case compilationRefused(String)
    case cell(CellFailure)
}

/// The broker's handle on a spawner: starts what has a cell, and admission jails, and hears of their end.
///
/// Started before the broker gives up executable mappings; from then on nothing new needs them. Cells of either enclosure are started
/// alike; admission jails belong to the spawner of guests.
///
/// Several threads may have it: whatever changes does so with the lock held, and nobody waits long with it. One thread at a time has objects
/// read, verified and compiled.
package final class Jail: @unchecked Sendable {
    private let socket: JailSocket
    /// Recursive, since a process that is given up while it is held is forgotten with it.
    private let lock = RecursiveLock()
    private let process: Int32
    package let kind: EnclosureKind
    private let supply: Supply
    private var ready: WaitingProcess?
    private var isProcessAsked = false
    /// Processes that have a cell which somebody holds, and how they ended.
    private var cells: [Int32: Int32?] = [:]
    /// The admission or verification jail whose end is waited for, and how it ended.
    private var awaited: Int32 = -1
    private var awaitedStatus: Int32?

    /// How many monitors, or children, are started before there is a cell for them. One that waits saves a new cell the fork and most
    /// of the lock-down, and costs a process.
    package enum Supply: Sendable {
        /// Only when a cell is started.
        case none
        /// The first one at once.
        case first
        /// One waits at any time.
        case always
    }

    /// Starts the helper executable that lies beside this one, and waits until it is confined.
    package convenience init(
        for kind: EnclosureKind = .guest, ready supply: Supply = .always, helper: String? = nil
    ) throws(EnclosureError) {
        try self.init(Start(for: kind, helper: helper), ready: supply)
    }

    /// Waits until a spawner that was started is confined.
    package init(_ start: consuming Start, ready supply: Supply = .always) throws(EnclosureError) {
        kind = start.kind
        self.supply = supply
        startsCells = start.startsCells
        process = start.process
        let path = start.path
        socket = start.socket
        guard let first = try receive() else { throw .helperMissing(path: path) }
        guard first.message.kind == .ready else { throw .spawner("its first word was \(first.message.kind)") }
        do throws(ReportMessageError) { spawnerConfinement = try ConfinementReport(message: first.trailer) } catch {
            throw .spawner("\(error)")
        }
        if startsCells, supply != .none { try askForProcess() }
    }

    /// A spawner that is coming up. Two that are started one after the other come up in the time of one.
    package struct Start: ~Copyable {
        fileprivate let kind: EnclosureKind
        fileprivate let path: String
        fileprivate let socket: JailSocket
        fileprivate let process: Int32
        fileprivate let startsCells: Bool

        /// - Parameter helper: the executable's name, where it is another than the enclosure's own.
        package init(for kind: EnclosureKind, helper: String? = nil) throws(EnclosureError) {
            let path = try Jail.path(of: helper ?? kind.helper)
            let hypervisor: Int32 =
                switch kind {
                // SAFETY: the literal ends with a zero byte.
                case .guest: unsafe Int32(truncatingIfNeeded: clinux_open_read_write("/dev/kvm"))
                case .child: -1
                }
            var pair: [Int32] = [-1, -1]
            // SAFETY: the shim writes two words.
            let paired = unsafe clinux_socket_pair(&pair)
            let process = try enclosing { () throws(SystemError) in
                defer { if hypervisor >= 0 { _ = clinux_close(hypervisor) } }
                _ = try checked("socketpair", Int(paired))
                defer { _ = clinux_close(pair[1]) }
                return try Jail.start(path, [pair[1]] + (hypervisor >= 0 ? [hypervisor] : []))
            }
            self.kind = kind
            self.path = path
            self.process = process
            startsCells = hypervisor >= 0 || kind == .child
            socket = JailSocket(descriptor: FileDescriptor(owning: pair[0]))
        }
    }

    /// What the spawner obtained of its confinement.
    package private(set) var spawnerConfinement: ConfinementReport?

    /// Whether cells can be started: for guests, whether `/dev/kvm` could be opened.
    package let startsCells: Bool

    private static func path(of helper: String) throws(EnclosureError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        // SAFETY: the shim writes at most `count` bytes.
        let length = unsafe clinux_own_path(&buffer, UInt64(buffer.count))
        guard length > 0 else { throw .system(SystemError(call: "readlink(/proc/self/exe)", code: Int32(-length))) }
        let own = String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return "\(directory)/\(helper)"
    }

    private static func start(_ path: String, _ descriptors: [Int32]) throws(SystemError) -> Int32 {
        // SAFETY: every pointer is valid for the call, and the argument list ends with a null.
        let result = unsafe path.withCString { path in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: 2) { arguments in
                unsafe arguments[0] = path
                unsafe arguments[1] = nil
                return unsafe clinux_spawn(path, arguments.baseAddress, descriptors, Int32(descriptors.count))
            }
        }
        return Int32(try checked("fork", Int(result)))
    }

    private func receive() throws(EnclosureError) -> (message: JailMessage, descriptors: [Int32], trailer: [UInt8])? {
        do throws(SystemError) { return try socket.receive() } catch { throw .system(error) }
    }

    /// Starts an admission or verification jail.
    func start(_ message: JailMessage, _ descriptors: [Int32]) throws(EnclosureError) -> JailedProcess {
        precondition(kind == .guest, "a spawner of children starts nothing that reads hostile bytes")
        return try lock.whileHeld { () throws(EnclosureError) in
            do throws(SystemError) { try socket.send(message, descriptors) } catch { throw .system(error) }
            while true {
                guard let child = try nextChild() else { continue }
                if child.kind == .started { return child.process }
                ready = WaitingProcess(child)
            }
        }
    }

    /// Hands a cell to a process that waits for one.
    func startCell(_ message: JailMessage, _ descriptors: [Int32]) throws(EnclosureError) -> JailedProcess {
        try lock.whileHeld { () throws(EnclosureError) in try startCellAlone(message, descriptors) }
    }

    private func startCellAlone(
        _ message: JailMessage, _ descriptors: [Int32]
    ) throws(EnclosureError) -> JailedProcess {
        if ready == nil, !isProcessAsked { try askForProcess() }
        while ready == nil {
            guard let child = try nextChild() else { continue }
            guard child.kind == .cellReady else { throw .spawner("an admission jail that nobody asked for") }
            ready = WaitingProcess(child)
        }
        guard let waiting = ready.take() else { throw .spawner("nothing waits for a cell") }
        isProcessAsked = false
        cells.updateValue(nil, forKey: waiting.process.process)
        do throws(SystemError) { try waiting.socket.send(message, descriptors) } catch { throw .system(error) }
        return waiting.process
    }

    /// How a process that had a cell ended, where the spawner says so in time.
    func end(of process: Int32) -> ProcessEnd { lock.whileHeld { endAlone(of: process) } }

    private func endAlone(of process: Int32) -> ProcessEnd {
        while cells[process] == .some(nil) {
            guard clinux_poll_readable(socket.descriptor.rawValue, 1000) == 1 else { return .unknown }
            do throws(EnclosureError) {
                if let child = try nextChild() { ready = WaitingProcess(child) }
            } catch { return .unknown }
        }
        guard case .some(.some(let status)) = cells[process] else { return .unknown }
        return ProcessEnd(status: status)
    }

    /// Nobody will ask how this process ended.
    func forget(_ process: Int32) { lock.whileHeld { _ = cells.removeValue(forKey: process) } }

    /// Has the next process made, where one is to wait at any time. Called once a cell serves: the fork would compete with its
    /// start for the processors.
    package func refill() throws(EnclosureError) {
        try lock.whileHeld { () throws(EnclosureError) in
            guard supply == .always, ready == nil, !isProcessAsked else { return }
            try askForProcess()
        }
    }

    private func askForProcess() throws(EnclosureError) {
        do throws(SystemError) { try socket.send(JailMessage(.prepareCell)) } catch { throw .system(error) }
        isProcessAsked = true
    }

    /// A child that the spawner started.
    private struct StartedChild: ~Copyable {
        let kind: JailMessage.Kind
        let process: JailedProcess
        /// The socket on which a process waits for its cell.
        let socket: Int32?
    }

    /// A monitor or a child, confined but for what it needs to make a cell, that waits for it.
    private struct WaitingProcess: ~Copyable {
        let process: JailedProcess
        let socket: JailSocket

        init?(_ child: consuming StartedChild) {
            guard let socket = child.socket else { return nil }
            self.socket = JailSocket(descriptor: FileDescriptor(owning: socket))
            process = child.process
        }
    }

    /// Takes the spawner's next answer: a child that it started, or nil for one that ended, which is noted if it is awaited.
    private func nextChild() throws(EnclosureError) -> StartedChild? {
        guard let (answer, handles, _) = try receive() else { throw .spawner("the spawner is gone") }
        switch answer.kind {
        case .started, .cellReady:
            guard let handle = handles.first, (answer.kind == .cellReady) == (handles.count == 2) else {
                throw .spawner("a child was started without its handles")
            }
            return StartedChild(
                kind: answer.kind,
                process: JailedProcess(process: answer.process, handle: FileDescriptor(owning: handle), jail: self),
                socket: handles.count == 2 ? handles[1] : nil)
        case .refused:
            // Whichever it was: a process that is not coming must be asked for again, not waited for.
            isProcessAsked = false
            throw .system(SystemError(call: "fork (spawner)", code: answer.status))
        case .ended:
            if answer.process == awaited { awaitedStatus = answer.status }
            if cells[answer.process] != nil { cells.updateValue(answer.status, forKey: answer.process) }
            return nil
        case .startCell, .admit, .verify, .compile, .prepareCell, .ready:
            throw .spawner("an answer that is none: \(answer.kind)")
        }
    }

    /// Waits for a child that was just started, and gives its status as waitpid(2) does.
    func status(of process: Int32) throws(EnclosureError) -> Int32 {
        lock.whileHeld { (awaited, awaitedStatus) = (process, nil) }
        while true {
            // It may work for seconds, in which others start cells: so it is waited for without the lock.
            _ = clinux_poll_readable(socket.descriptor.rawValue, 100)
            let status = try lock.whileHeld { () throws(EnclosureError) -> Int32? in
                if awaitedStatus == nil, clinux_poll_readable(socket.descriptor.rawValue, 0) == 1,
                    let child = try nextChild()
                {
                    ready = WaitingProcess(child)
                }
                return awaitedStatus
            }
            if let status { return status }
        }
    }

    /// The broker's end of the socket, which a broker that closes what it does not know must keep.
    package var rawDescriptor: Int32 { socket.descriptor.rawValue }

    /// The spawner's process id, for its posture.
    package var spawnerProcess: Int32 { process }

    deinit {
        // The socket closes with this object, and the spawner ends by itself; it must not stay a zombie.
        _ = clinux_kill(process)
        var status: Int32 = 0
        // SAFETY: the shim writes one word.
        _ = unsafe clinux_wait(process, &status)
    }
}

/// A jailed child: killed, whatever it does, when this value goes.
struct JailedProcess: ~Copyable {
    let process: Int32
    let handle: FileDescriptor
    private weak let jail: Jail?

    init(process: Int32, handle: consuming FileDescriptor, jail: Jail) {
        self.process = process
        self.handle = handle
        self.jail = jail
    }

    /// How it ended; asked once it is gone.
    func end() -> ProcessEnd { jail?.end(of: process) ?? .unknown }

    func signalStop() { _ = clinux_pidfd_signal(handle.rawValue, 10) }  // SIGUSR1
    func kill() { _ = clinux_pidfd_signal(handle.rawValue, 9) }  // SIGKILL
    func isGone(within milliseconds: Int32) -> Bool { clinux_pidfd_wait(handle.rawValue, milliseconds) == 1 }

    deinit {
        _ = clinux_pidfd_signal(handle.rawValue, 9)
        jail?.forget(process)
    }
}

/// How a process ended that said nothing itself, as its parent heard it (waitpid(2)).
package enum ProcessEnd: Equatable, Sendable {
    case exited(Int32)
    /// By SIGSYS (31) where its own filter ended it.
    case killed(signal: Int32)
    /// The spawner did not say.
    case unknown

    init(status: Int32) {
        self = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    }
}
