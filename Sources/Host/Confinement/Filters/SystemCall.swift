/// A system call of x86-64 Linux: the name people know and the number the kernel compares.
///
/// The numbers are those of arch/x86/entry/syscalls/syscall_64.tbl; a test holds each one against libseccomp's table.
package struct SystemCall: Equatable, Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package let number: UInt32

    init(_ name: String, _ number: UInt32) {
        self.name = name
        self.number = number
    }

    package var description: String { name }
}

extension SystemCall {
    package static let read = SystemCall("read", 0)
    package static let write = SystemCall("write", 1)
    package static let close = SystemCall("close", 3)
    package static let fstat = SystemCall("fstat", 5)
    package static let poll = SystemCall("poll", 7)
    package static let lseek = SystemCall("lseek", 8)
    package static let mmap = SystemCall("mmap", 9)
    package static let mprotect = SystemCall("mprotect", 10)
    package static let munmap = SystemCall("munmap", 11)
    package static let brk = SystemCall("brk", 12)
    package static let rtSigaction = SystemCall("rt_sigaction", 13)
    package static let rtSigprocmask = SystemCall("rt_sigprocmask", 14)
    package static let rtSigreturn = SystemCall("rt_sigreturn", 15)
    package static let ioctl = SystemCall("ioctl", 16)
    package static let pread64 = SystemCall("pread64", 17)
    package static let pwrite64 = SystemCall("pwrite64", 18)
    package static let schedYield = SystemCall("sched_yield", 24)
    package static let mremap = SystemCall("mremap", 25)
    package static let madvise = SystemCall("madvise", 28)
    package static let shmat = SystemCall("shmat", 30)
    package static let getpid = SystemCall("getpid", 39)
    package static let socket = SystemCall("socket", 41)
    package static let connect = SystemCall("connect", 42)
    package static let accept = SystemCall("accept", 43)
    package static let sendto = SystemCall("sendto", 44)
    package static let recvfrom = SystemCall("recvfrom", 45)
    package static let sendmsg = SystemCall("sendmsg", 46)
    package static let recvmsg = SystemCall("recvmsg", 47)
    package static let bind = SystemCall("bind", 49)
    package static let listen = SystemCall("listen", 50)
    package static let getsockname = SystemCall("getsockname", 51)
    package static let getpeername = SystemCall("getpeername", 52)
    package static let socketpair = SystemCall("socketpair", 53)
    package static let setsockopt = SystemCall("setsockopt", 54)
    package static let getsockopt = SystemCall("getsockopt", 55)
    package static let clone = SystemCall("clone", 56)
    package static let execve = SystemCall("execve", 59)
    package static let exit = SystemCall("exit", 60)
    package static let wait4 = SystemCall("wait4", 61)
    package static let fcntl = SystemCall("fcntl", 72)
    package static let ftruncate = SystemCall("ftruncate", 77)
    package static let ptrace = SystemCall("ptrace", 101)
    package static let readlink = SystemCall("readlink", 89)
    package static let syslog = SystemCall("syslog", 103)
    package static let capget = SystemCall("capget", 125)
    package static let capset = SystemCall("capset", 126)
    package static let uselib = SystemCall("uselib", 134)
    package static let personality = SystemCall("personality", 135)
    package static let modifyLdt = SystemCall("modify_ldt", 154)
    package static let pivotRoot = SystemCall("pivot_root", 155)
    package static let prctl = SystemCall("prctl", 157)
    package static let adjtimex = SystemCall("adjtimex", 159)
    package static let chroot = SystemCall("chroot", 161)
    package static let acct = SystemCall("acct", 163)
    package static let settimeofday = SystemCall("settimeofday", 164)
    package static let mount = SystemCall("mount", 165)
    package static let umount2 = SystemCall("umount2", 166)
    package static let swapon = SystemCall("swapon", 167)
    package static let swapoff = SystemCall("swapoff", 168)
    package static let reboot = SystemCall("reboot", 169)
    package static let iopl = SystemCall("iopl", 172)
    package static let ioperm = SystemCall("ioperm", 173)
    package static let initModule = SystemCall("init_module", 175)
    package static let deleteModule = SystemCall("delete_module", 176)
    package static let quotactl = SystemCall("quotactl", 179)
    package static let gettid = SystemCall("gettid", 186)
    package static let futex = SystemCall("futex", 202)
    package static let schedGetaffinity = SystemCall("sched_getaffinity", 204)
    package static let restartSyscall = SystemCall("restart_syscall", 219)
    package static let clockSettime = SystemCall("clock_settime", 227)
    package static let clockGettime = SystemCall("clock_gettime", 228)
    package static let exitGroup = SystemCall("exit_group", 231)
    package static let tgkill = SystemCall("tgkill", 234)
    package static let kexecLoad = SystemCall("kexec_load", 246)
    package static let addKey = SystemCall("add_key", 248)
    package static let requestKey = SystemCall("request_key", 249)
    package static let keyctl = SystemCall("keyctl", 250)
    package static let openat = SystemCall("openat", 257)
    package static let unshare = SystemCall("unshare", 272)
    package static let setRobustList = SystemCall("set_robust_list", 273)
    package static let accept4 = SystemCall("accept4", 288)
    package static let perfEventOpen = SystemCall("perf_event_open", 298)
    package static let recvmmsg = SystemCall("recvmmsg", 299)
    package static let fanotifyInit = SystemCall("fanotify_init", 300)
    package static let openByHandleAt = SystemCall("open_by_handle_at", 304)
    package static let clockAdjtime = SystemCall("clock_adjtime", 305)
    package static let sendmmsg = SystemCall("sendmmsg", 307)
    package static let setns = SystemCall("setns", 308)
    package static let processVmReadv = SystemCall("process_vm_readv", 310)
    package static let processVmWritev = SystemCall("process_vm_writev", 311)
    package static let finitModule = SystemCall("finit_module", 313)
    package static let getrandom = SystemCall("getrandom", 318)
    package static let memfdCreate = SystemCall("memfd_create", 319)
    package static let kexecFileLoad = SystemCall("kexec_file_load", 320)
    package static let bpf = SystemCall("bpf", 321)
    package static let execveat = SystemCall("execveat", 322)
    package static let userfaultfd = SystemCall("userfaultfd", 323)
    package static let pkeyMprotect = SystemCall("pkey_mprotect", 329)
    package static let rseq = SystemCall("rseq", 334)
    package static let ioUringSetup = SystemCall("io_uring_setup", 425)
    package static let ioUringEnter = SystemCall("io_uring_enter", 426)
    package static let ioUringRegister = SystemCall("io_uring_register", 427)
    package static let openTree = SystemCall("open_tree", 428)
    package static let moveMount = SystemCall("move_mount", 429)
    package static let fsopen = SystemCall("fsopen", 430)
    package static let fsconfig = SystemCall("fsconfig", 431)
    package static let fsmount = SystemCall("fsmount", 432)
    package static let fspick = SystemCall("fspick", 433)
    package static let pidfdOpen = SystemCall("pidfd_open", 434)
    package static let clone3 = SystemCall("clone3", 435)
    package static let pidfdGetfd = SystemCall("pidfd_getfd", 438)
    package static let mountSetattr = SystemCall("mount_setattr", 442)

    /// Every call this module has a name for.
    package static let named: [SystemCall] = [
        .read, .write, .fstat, .lseek, .mmap, .mprotect, .munmap, .brk, .rtSigprocmask, .rtSigreturn,
        .ioctl, .pread64, .pwrite64, .mremap, .madvise, .shmat, .socket, .sendto, .socketpair, .clone,
        .execve, .ftruncate, .ptrace, .syslog, .uselib, .personality, .modifyLdt, .pivotRoot, .prctl,
        .adjtimex, .chroot, .acct, .settimeofday, .mount, .umount2, .swapon, .swapoff, .reboot, .iopl,
        .ioperm, .initModule, .deleteModule, .quotactl, .futex, .restartSyscall, .clockSettime,
        .clockGettime, .exitGroup, .kexecLoad, .addKey, .requestKey, .keyctl, .unshare, .perfEventOpen,
        .fanotifyInit, .openByHandleAt, .clockAdjtime, .setns, .processVmReadv, .processVmWritev,
        .finitModule, .getrandom, .kexecFileLoad, .bpf, .execveat, .userfaultfd, .pkeyMprotect,
        .ioUringSetup, .ioUringEnter, .ioUringRegister, .openTree, .moveMount, .fsopen, .fsconfig, .fsmount,
        .fspick, .clone3, .pidfdGetfd, .mountSetattr,
        .close, .readlink, .rtSigaction, .connect, .accept, .recvfrom, .sendmsg, .recvmsg, .bind, .listen,
        .getsockname, .getpeername, .setsockopt, .getsockopt, .exit, .wait4, .fcntl, .capget, .capset,
        .gettid, .getpid, .schedGetaffinity, .tgkill, .openat, .poll, .setRobustList, .accept4,
        .recvmmsg, .sendmmsg, .rseq, .pidfdOpen, .schedYield,
    ]
}
