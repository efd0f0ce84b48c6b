// What the Confinement module asks of the kernel: constants that Swift cannot import or that Debian's UAPI headers
// are too old to have, and the calls themselves. Every function that can fail returns a result, or a negated errno.
// No glibc, libseccomp or libcap header is included here: confinement.c includes them and asserts that the numbers
// agree.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Actions of a seccomp filter (linux/seccomp.h, libseccomp's SCMP_ACT_*).
enum : uint32_t {
    CONFINEMENT_ACT_KILL_PROCESS = 0x80000000u,
    CONFINEMENT_ACT_ALLOW = 0x7fff0000u,
    CONFINEMENT_ACT_USER_NOTIF = 0x7fc00000u,
    CONFINEMENT_ACT_ERRNO = 0x00050000u, // low 16 bits: the errno
    CONFINEMENT_FILTER_TSYNC = 1u,
};

// prctl(2) operations and their arguments.
enum : int32_t {
    CONFINEMENT_PR_SET_PDEATHSIG = 1,
    CONFINEMENT_PR_GET_PDEATHSIG = 2,
    CONFINEMENT_PR_GET_DUMPABLE = 3,
    CONFINEMENT_PR_SET_DUMPABLE = 4,
    CONFINEMENT_PR_GET_SECCOMP = 21,
    CONFINEMENT_PR_SET_NO_NEW_PRIVS = 38,
    CONFINEMENT_PR_GET_NO_NEW_PRIVS = 39,
    CONFINEMENT_PR_GET_SPECULATION_CTRL = 52,
    CONFINEMENT_PR_SET_SPECULATION_CTRL = 53,
    CONFINEMENT_PR_SET_MDWE = 65, // Linux 6.3
    CONFINEMENT_PR_GET_MDWE = 66,
};
enum : uint64_t {
    CONFINEMENT_MDWE_REFUSE_EXEC_GAIN = 1,
    CONFINEMENT_SPEC_STORE_BYPASS = 0,
    CONFINEMENT_SPEC_INDIRECT_BRANCH = 1,
    CONFINEMENT_SPEC_L1D_FLUSH = 2,
    CONFINEMENT_SPEC_ENABLE = 1 << 1,
    CONFINEMENT_SPEC_FORCE_DISABLE = 1 << 3,
};

// unshare(2) flags.
enum : uint64_t {
    CONFINEMENT_CLONE_NEWNS = 0x00020000,
    CONFINEMENT_CLONE_NEWCGROUP = 0x02000000,
    CONFINEMENT_CLONE_NEWUTS = 0x04000000,
    CONFINEMENT_CLONE_NEWIPC = 0x08000000,
    CONFINEMENT_CLONE_NEWUSER = 0x10000000,
    CONFINEMENT_CLONE_NEWPID = 0x20000000,
    CONFINEMENT_CLONE_NEWNET = 0x40000000,
    CONFINEMENT_CLONE_THREAD = 0x00010000,
    CONFINEMENT_CLONE_NEWTIME = 0x00000080,
};

// ioctl(2) requests that rules name. KVM's are those a running monitor makes to its virtual CPU.
enum : uint64_t {
    CONFINEMENT_KVM_RUN = 0xae80,
    CONFINEMENT_KVM_GET_REGS = 0x8090ae81,
    CONFINEMENT_KVM_SET_REGS = 0x4090ae82,
    CONFINEMENT_KVM_GET_SREGS = 0x8138ae83,
    CONFINEMENT_KVM_SET_SREGS = 0x4138ae84,
    CONFINEMENT_KVM_SET_MSRS = 0x4008ae89,
    CONFINEMENT_KVM_GET_VCPU_EVENTS = 0x8040ae9f,
    CONFINEMENT_KVM_SET_VCPU_EVENTS = 0x4040aea0,
    CONFINEMENT_KVM_SET_DEBUGREGS = 0x4080aea2,
    CONFINEMENT_KVM_SET_XSAVE = 0x5000aea5,
    CONFINEMENT_KVM_SET_XCRS = 0x4188aea7,
};
enum : uint32_t {
    CONFINEMENT_TIOCSTI = 0x5412,
    CONFINEMENT_TIOCLINUX = 0x541c,
};

// Landlock rights by the ABI that brought them; bits from linux/landlock.h, of which older headers have only the
// first.
enum : uint64_t {
    CONFINEMENT_FILE_EXECUTE = 1 << 0,
    CONFINEMENT_FILE_WRITE = 1 << 1,
    CONFINEMENT_FILE_READ = 1 << 2,
    CONFINEMENT_FILE_READ_DIRECTORY = 1 << 3,
    CONFINEMENT_FILE_CHANGE_DIRECTORY = 0x1ff0, // remove and make, of every kind of entry
    CONFINEMENT_FILE_REFER = 1 << 13,           // ABI 2
    CONFINEMENT_FILE_TRUNCATE = 1 << 14,        // ABI 3
    CONFINEMENT_FILE_DEVICE_IOCTL = 1 << 15,    // ABI 5
    CONFINEMENT_NETWORK_TCP = 3,                // ABI 4: bind and connect
    CONFINEMENT_SCOPE_ALL = 3,                  // ABI 6: abstract Unix sockets and signals
};

// errno values that rules answer with and outcomes are judged by.
enum : int32_t {
    CONFINEMENT_EPERM = 1,
    CONFINEMENT_ENOENT = 2,
    CONFINEMENT_ENXIO = 6,
    CONFINEMENT_EACCES = 13,
    CONFINEMENT_ENODEV = 19,
    CONFINEMENT_EINVAL = 22,
    CONFINEMENT_ENOSYS = 38,
    CONFINEMENT_EOVERFLOW = 75,
    CONFINEMENT_EAFNOSUPPORT = 97,
    CONFINEMENT_EOPNOTSUPP = 95,
};

// Closes every descriptor in [first, last].
int64_t confinement_close_range(uint32_t first, uint32_t last);
// Overwrites the strings of the environment with zeros, then empties it: a name or a token that came in by it is gone.
void confinement_wipe_environment(void);
// Makes the allocator hold `size` bytes that it can hand out without a system call, and never give any back.
void confinement_reserve_heap(size_t size);
// Sets soft and hard limit to `value`; UINT64_MAX means unlimited. A hard limit already lower is refused with -EPERM.
int64_t confinement_set_limit(int32_t resource, uint64_t value);
int64_t confinement_get_limit(int32_t resource, uint64_t *soft, uint64_t *hard);
int64_t confinement_unshare(uint64_t flags);
int64_t confinement_prctl(int32_t operation, uint64_t second, uint64_t third);
int64_t confinement_parent(void);
// 0 if the process has one thread, -EINVAL if it has more.
int64_t confinement_single_threaded(void);

// Landlock (Documentation/userspace-api/landlock.rst).
int64_t confinement_landlock_abi(void);
int64_t confinement_landlock_create(uint64_t files, uint64_t network, uint64_t scopes);
// Rights that make sense for directories only are left out when `path` is none.
int64_t confinement_landlock_allow_beneath(int32_t ruleset, const char *path, uint64_t access);
int64_t confinement_landlock_restrict(int32_t ruleset);

// seccomp(SECCOMP_SET_MODE_FILTER): `instructions` holds `count` struct sock_filter. Allocates nothing. A positive
// result, possible with TSYNC only, is the id of a thread that could not be synchronised.
int64_t confinement_install_filter(const void *instructions, uint16_t count, uint32_t flags);
// 1 if the kernel knows this seccomp action, 0 if not.
int64_t confinement_seccomp_knows(uint32_t action);

// Reads up to `capacity` bytes from `offset`, however many reads that takes; stops early only at the end of the file.
int64_t confinement_read_fully(int32_t descriptor, void *bytes, size_t capacity, uint64_t offset);
int64_t confinement_read_link(const char *path, char *text, size_t capacity);
// The entries of a directory whose names are decimal numbers; -EOVERFLOW if there are more than `capacity`.
int64_t confinement_list_numbers(const char *path, int32_t *numbers, size_t capacity);

// What this host can do, for `HostPosture`. Each asks the kernel itself and changes nothing that outlives the call.
struct confinement_kvm {
    int64_t status;      // of stat(2)
    uint32_t is_character_device;
    uint32_t major;
    uint32_t minor;
    int64_t opened;      // 0, or open(2)'s error for O_RDWR
    int64_t version;     // KVM_GET_API_VERSION
    int64_t machine;     // 0, or the error of KVM_CREATE_VM
};
void confinement_probe_kvm(const char *path, struct confinement_kvm *result);
// Runs unshare(flags) in a child and tells its result.
int64_t confinement_probe_unshare(uint64_t flags);
// memfd_create(MFD_NOEXEC_SEAL): 0 if the kernel has it.
int64_t confinement_probe_noexec_memory_file(void);
// The magic number of the file system at `path`.
int64_t confinement_file_system_magic(const char *path);
enum : int64_t { CONFINEMENT_SECURITYFS_MAGIC = 0x73636673, CONFINEMENT_EFIVARFS_MAGIC = 0xde5e81e4 };
// uname(2)'s release.
int64_t confinement_kernel_release(char *text, size_t capacity);
