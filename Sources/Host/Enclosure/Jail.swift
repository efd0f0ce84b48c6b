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
    case cell(CellFailure)
}

/// The broker's handle on its spawner: starts monitors and admission jails, hears of their end.
///
/// Started before the broker gives up executable mappings; from then on nothing new needs them.
package final class Jail {
    private let socket: JailSocket
    private let process: Int32
    private let supply: MonitorSupply
    private var ready: WaitingMonitor?
    private var isMonitorAsked = false
    /// The admission or verification jail whose end is waited for, and how it ended.
    private var awaited: Int32 = -1
    private var awaitedStatus: Int32?

    /// How many monitors are started before there is a cell for them. One that waits saves a new cell the fork and most of
    /// the lock-down, and costs a process.
    package enum MonitorSupply: Sendable {
        /// Only when a cell is started.
        case none
        /// The first one at once.
        case first
        /// One waits at any time.
        case always
    }

    /// Starts the helper executable that lies beside this one.
    ///
    /// - Parameter helper: its file name.
    package init(
        monitors supply: MonitorSupply = .always, helper: String = Jail.helperName
    ) throws(EnclosureError) {
        self.supply = supply
        let path = try Self.path(of: helper)
        // SAFETY: the literal ends with a zero byte.
        let hypervisor = unsafe Int32(truncatingIfNeeded: clinux_open_read_write("/dev/kvm"))
        hasHypervisor = hypervisor >= 0
        var pair: [Int32] = [-1, -1]
        // SAFETY: the shim writes two words.
        let paired = unsafe clinux_socket_pair(&pair)
        do throws(SystemError) {
            _ = try checked("socketpair", Int(paired))
            socket = JailSocket(descriptor: FileDescriptor(owning: pair[0]))
            process = try Self.start(path, [pair[1]] + (hypervisor >= 0 ? [hypervisor] : []))
        } catch { throw .system(error) }
        _ = clinux_close(pair[1])
        if hypervisor >= 0 { _ = clinux_close(hypervisor) }
        guard let first = try receive() else { throw .helperMissing(path: path) }
        guard first.message.kind == .ready else { throw .spawner("its first word was \(first.message.kind)") }
        do throws(ReportMessageError) { spawnerConfinement = try ConfinementReport(message: first.trailer) } catch {
            throw .spawner("\(error)")
        }
        if hasHypervisor, supply != .none { try askForMonitor() }
    }

    /// What the spawner obtained of its confinement.
    package private(set) var spawnerConfinement: ConfinementReport?

    /// Whether `/dev/kvm` could be opened, so that cells can be started.
    package let hasHypervisor: Bool

    package static let helperName = "ringfence-jail"

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
        do throws(SystemError) { try socket.send(message, descriptors) } catch { throw .system(error) }
        while true {
            guard let child = try nextChild() else { continue }
            if child.kind == .started { return child.process }
            ready = WaitingMonitor(child)
        }
    }

    /// Hands a cell to a monitor that waits for one.
    func startCell(_ message: JailMessage, _ descriptors: [Int32]) throws(EnclosureError) -> JailedProcess {
        if ready == nil, !isMonitorAsked { try askForMonitor() }
        while ready == nil {
            guard let child = try nextChild() else { continue }
            guard child.kind == .monitorReady else { throw .spawner("an admission jail that nobody asked for") }
            ready = WaitingMonitor(child)
        }
        guard let monitor = ready.take() else { throw .spawner("no monitor") }
        isMonitorAsked = false
        do throws(SystemError) { try monitor.socket.send(message, descriptors) } catch { throw .system(error) }
        return monitor.process
    }

    /// Has the next monitor made, where one is to wait at any time. Called once a cell serves: the fork would compete with its
    /// start for the processors.
    package func refill() throws(EnclosureError) {
        guard supply == .always, ready == nil, !isMonitorAsked else { return }
        try askForMonitor()
    }

    private func askForMonitor() throws(EnclosureError) {
        do throws(SystemError) { try socket.send(JailMessage(.prepareMonitor)) } catch { throw .system(error) }
        isMonitorAsked = true
    }

    /// A child that the spawner started.
    private struct StartedChild: ~Copyable {
        let kind: JailMessage.Kind
        let process: JailedProcess
        /// The socket on which a monitor waits.
        let socket: Int32?
    }

    /// A monitor, confined but for what it needs to make a machine, that waits for its cell.
    private struct WaitingMonitor: ~Copyable {
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
        case .started, .monitorReady:
            guard let handle = handles.first, (answer.kind == .monitorReady) == (handles.count == 2) else {
                throw .spawner("a child was started without its handles")
            }
            return StartedChild(
                kind: answer.kind,
                process: JailedProcess(process: answer.process, handle: FileDescriptor(owning: handle)),
                socket: handles.count == 2 ? handles[1] : nil)
        case .refused:
            // Whichever child it was: a monitor that is not coming must be asked for again, not waited for.
            isMonitorAsked = false
            throw .system(SystemError(call: "fork (spawner)", code: answer.status))
        case .ended:
            // Of a monitor's end its pidfd tells whoever cares; only admission jails are awaited.
            if answer.process == awaited { awaitedStatus = answer.status }
            return nil
        case .startCell, .admit, .verify, .prepareMonitor, .ready:
            throw .spawner("an answer that is none: \(answer.kind)")
        }
    }

    /// Waits for a child that was just started, and gives its status as waitpid(2) does.
    func status(of process: Int32) throws(EnclosureError) -> Int32 {
        awaited = process
        awaitedStatus = nil
        while true {
            if let awaitedStatus { return awaitedStatus }
            if let child = try nextChild() { ready = WaitingMonitor(child) }
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

    func signalStop() { _ = clinux_pidfd_signal(handle.rawValue, 10) }  // SIGUSR1
    func kill() { _ = clinux_pidfd_signal(handle.rawValue, 9) }  // SIGKILL
    func isGone(within milliseconds: Int32) -> Bool { clinux_pidfd_wait(handle.rawValue, milliseconds) == 1 }

    deinit { _ = clinux_pidfd_signal(handle.rawValue, 9) }
}
