internal import CLinux

/// The descriptors that a supervisor knows by number; those that it takes out of its tree have any.
package struct SupervisorDescriptors: Equatable, Sendable {
    /// To the broker.
    package let channel: Int32
    /// Of the tree's filter.
    package let listener: Int32
    /// To the command, until it has begun.
    package let command: Int32

    package init(channel: Int32, listener: Int32, command: Int32) {
        self.channel = channel
        self.listener = listener
        self.command = command
    }
}

extension Filter {
    /// The supervisor: reads arguments of calls out of processes that may be hostile, and carries the calls out on copies.
    ///
    /// It parses nothing but numbers, addresses of fixed size, and the first line of files that are executed. It can reach what its tree can
    /// reach: the user is the same.
    package static func supervisor(_ descriptors: SupervisorDescriptors) -> Filter {
        let executable: UInt64 = 0x4
        let readOnly: UInt64 = 0o2000000  // O_RDONLY | O_CLOEXEC
        let pathOnly: UInt64 = 0o10000000  // O_PATH
        let withoutWaiting: UInt64 = 0o4000  // O_NONBLOCK
        let threadFlags: UInt64 = 0x3d_0f00  // what the C library makes a thread by
        let notification: [SystemCallRule] = [
            (CLINUX_NOTIFICATION_RECEIVE, "the next call of the tree"),
            (CLINUX_NOTIFICATION_ANSWER, "ends a call with its result"),
            (CLINUX_NOTIFICATION_WAITS, "whether what was read was read of the caller"),
            (CLINUX_NOTIFICATION_ADD, "a socket that was made for the caller"),
        ].map { request, reason in
            .allow(
                .ioctl, .argument(0, isDescriptor: descriptors.listener), .argument(1, equals: request), reason: reason)
        }
        let callers: [SystemCallRule] = [
            .allow(.processVmReadv, reason: "copies a call's arguments"),
            .allow(.processVmWritev, reason: "messages and addresses, where the caller wants them"),
            .allow(.pidfdOpen, reason: "names the calling thread for as long as it is needed"),
            .allow(.pidfdGetfd, reason: "takes the socket that a call is about"),
            .allow(.openat, .argument(2, equals: readOnly), reason: "/proc/<thread>/status: who calls"),
            .allow(
                .openat, .argument(2, equals: readOnly | pathOnly),
                reason:
                    "the directory of a local socket that a process with threads connects to; a file that is executed"),
            .allow(
                .openat, .argument(2, equals: readOnly | withoutWaiting),
                reason: "the first line of a file that is to be executed: its interpreter"),
            .allow(.fstat, reason: "whether a path is that of the very file which a process executes"),
            .allow(.readlink, reason: "whether a caller sees the files and users that this process sees"),
            .allow(.read, reason: "the same"),
            .allow(.close, reason: "gives back what it took"),
        ]
        let carried: [SystemCallRule] = [
            .allow(.connect, reason: "carried out on the copy"),
            .allow(.bind, reason: "carried out on the copy"),
            .allow(.listen, reason: "carried out on the socket that was taken"),
            .allow(.accept4, reason: "carried out on the socket that was taken"),
            .allow(.sendmsg, reason: "carried out on the copy; talks to the broker"),
            .allow(.recvmsg, reason: "receives for a caller; the broker's answers"),
            .allow(.socket, .argument(0, equals: 2), reason: "finds a port of IPv4 that is free"),
            .allow(.socket, .argument(0, equals: 10), reason: "finds a port of IPv6 that is free"),
            .allow(.getsockopt, reason: "what the kernel says a socket is"),
            .allow(.getsockname, reason: "what it is bound to"),
            .allow(.getpeername, reason: "whom a connection comes from"),
            .allow(.capget, reason: "takes up a capability for a caller that has it, and puts it down"),
            .allow(.capset, reason: "the same: a set never grows beyond what was kept"),
        ]
        let traced: [SystemCallRule] = [
            (CLINUX_TRACE_SEIZE, "stops the tree where it becomes other programs, before their first instruction"),
            (CLINUX_TRACE_GO_ON, "lets go on what was decided about"),
            (CLINUX_TRACE_MESSAGE, "which thread was made"),
            (CLINUX_TRACE_LISTEN, "leaves a process halted that was halted by a signal"),
            (CLINUX_TRACE_INTERRUPT, "stops the command before it begins, where its calls are told of"),
            (CLINUX_TRACE_TO_CALL, "lets go on to the beginning or the end of the next call"),
            (CLINUX_TRACE_REGISTERS, "which call, and what it gave"),
            (CLINUX_TRACE_CALL_STAGE, "whether it begins or ends"),
        ].map { request, reason in .allow(.ptrace, .argument(0, equals: request), reason: reason) }
        let own: [SystemCallRule] = [
            .allow(
                .setsockopt, .argument(0, isDescriptor: descriptors.channel), reason: "how long an answer is waited for"
            ),
            .allow(.poll, reason: "waits for calls, and for the broker's end"),
            .allow(.wait4, reason: "how the command ended; what the tree's processes stop for"),
            .allow(
                .clone, .argument(0, equals: threadFlags),
                reason: "a thread for a call that may take long, so that others need not wait"),
            .refuse(
                .clone3, errno: CONFINEMENT_ENOSYS, reason: "its flags are in memory; the C library then uses clone"),
            .allow(.setRobustList, reason: "the C library, for a thread"),
            .allow(.rseq, reason: "the C library, for a thread"),
            .allow(.schedGetaffinity, reason: "the C library counts processors for its heaps"),
            .allow(
                .tgkill,
                reason: "ends the wait of a thread whose caller was interrupted, and processes that programs deny"),
            .allow(.getpid, reason: "the process of its own threads"),
            .allow(.gettid, reason: "which thread waits"),
            .allow(.mmap, .argument(2, lacks: executable), reason: "allocates"),
            .allow(.mprotect, .argument(2, lacks: executable), reason: "the allocator grows; guards of stacks"),
            .allow(.munmap, reason: "frees"),
            .allow(.madvise, reason: "the allocator returns pages"),
            .allow(.mremap, reason: "grows a large allocation; a mapping keeps its protection"),
            .allow(.brk, reason: "allocates"),
            .allow(.futex, reason: "locks"),
            .allow(.getrandom, reason: "the seed of Swift's hash tables"),
            .allow(.clockGettime, reason: "where the kernel gives no clock in user memory"),
            .allow(.rtSigprocmask, reason: "the C library, as threads begin and end"),
            .allow(.rtSigaction, reason: "the C library, as the first thread begins"),
            .allow(.rtSigreturn, reason: "leaves the handler of the signal that ends a wait"),
            .allow(.restartSyscall, reason: "the kernel resumes an interrupted wait by it"),
            .allow(.write, .argument(0, isDescriptor: 2), reason: "says why it ends"),
            .allow(.write, .argument(0, isDescriptor: descriptors.command), reason: "lets the command begin"),
            .allow(.exit, reason: "ends a thread"),
            .allow(.exitGroup, reason: "ends"),
        ]
        return Filter(name: "supervisor", rules: notification + callers + carried + traced + own, defaultAction: .kill)
    }
}
