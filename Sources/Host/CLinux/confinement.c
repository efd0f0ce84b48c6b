#define _GNU_SOURCE
#include "confinement.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(CONFINEMENT_ACT_KILL_PROCESS == SECCOMP_RET_KILL_PROCESS, "seccomp action");
_Static_assert(CONFINEMENT_ACT_ALLOW == SECCOMP_RET_ALLOW, "seccomp action");
_Static_assert(CONFINEMENT_ACT_USER_NOTIF == SECCOMP_RET_USER_NOTIF, "seccomp action");
_Static_assert(CONFINEMENT_ACT_ERRNO == SECCOMP_RET_ERRNO, "seccomp action");
_Static_assert(CONFINEMENT_FILTER_TSYNC == SECCOMP_FILTER_FLAG_TSYNC, "seccomp flag");
_Static_assert(CONFINEMENT_PR_SET_PDEATHSIG == PR_SET_PDEATHSIG, "prctl");
_Static_assert(CONFINEMENT_PR_SET_DUMPABLE == PR_SET_DUMPABLE, "prctl");
_Static_assert(CONFINEMENT_PR_GET_SECCOMP == PR_GET_SECCOMP, "prctl");
_Static_assert(CONFINEMENT_PR_SET_NO_NEW_PRIVS == PR_SET_NO_NEW_PRIVS, "prctl");
_Static_assert(CONFINEMENT_PR_SET_SPECULATION_CTRL == PR_SET_SPECULATION_CTRL, "prctl");
_Static_assert(CONFINEMENT_SPEC_STORE_BYPASS == PR_SPEC_STORE_BYPASS, "speculation");
_Static_assert(CONFINEMENT_SPEC_INDIRECT_BRANCH == PR_SPEC_INDIRECT_BRANCH, "speculation");
_Static_assert(CONFINEMENT_SPEC_L1D_FLUSH == PR_SPEC_L1D_FLUSH, "speculation");
_Static_assert(CONFINEMENT_SPEC_FORCE_DISABLE == PR_SPEC_FORCE_DISABLE, "speculation");
_Static_assert(CONFINEMENT_CLONE_NEWUSER == CLONE_NEWUSER && CONFINEMENT_CLONE_NEWNET == CLONE_NEWNET, "clone flags");
_Static_assert(CONFINEMENT_CLONE_NEWNS == CLONE_NEWNS && CONFINEMENT_CLONE_NEWPID == CLONE_NEWPID, "clone flags");
_Static_assert(CONFINEMENT_CLONE_NEWIPC == CLONE_NEWIPC && CONFINEMENT_CLONE_NEWUTS == CLONE_NEWUTS, "clone flags");
_Static_assert(CONFINEMENT_CLONE_NEWCGROUP == CLONE_NEWCGROUP, "clone flags");
_Static_assert(CONFINEMENT_CLONE_THREAD == CLONE_THREAD, "clone flags");
_Static_assert(CONFINEMENT_EPERM == EPERM && CONFINEMENT_EACCES == EACCES && CONFINEMENT_ENOSYS == ENOSYS, "errno");
_Static_assert(CONFINEMENT_ENOENT == ENOENT && CONFINEMENT_ENXIO == ENXIO && CONFINEMENT_ENODEV == ENODEV, "errno");
_Static_assert(CONFINEMENT_EOVERFLOW == EOVERFLOW, "errno");
_Static_assert(CONFINEMENT_EINVAL == EINVAL && CONFINEMENT_EOPNOTSUPP == EOPNOTSUPP, "errno");

_Static_assert(CONFINEMENT_KVM_RUN == KVM_RUN, "kvm");
_Static_assert(CONFINEMENT_KVM_GET_REGS == KVM_GET_REGS && CONFINEMENT_KVM_SET_REGS == KVM_SET_REGS, "kvm");
_Static_assert(CONFINEMENT_KVM_GET_SREGS == KVM_GET_SREGS && CONFINEMENT_KVM_SET_SREGS == KVM_SET_SREGS, "kvm");
_Static_assert(CONFINEMENT_KVM_GET_VCPU_EVENTS == KVM_GET_VCPU_EVENTS, "kvm");
_Static_assert(CONFINEMENT_KVM_SET_VCPU_EVENTS == KVM_SET_VCPU_EVENTS, "kvm");
_Static_assert(CONFINEMENT_KVM_SET_MSRS == KVM_SET_MSRS && CONFINEMENT_KVM_SET_DEBUGREGS == KVM_SET_DEBUGREGS, "kvm");
_Static_assert(CONFINEMENT_KVM_SET_XSAVE == KVM_SET_XSAVE && CONFINEMENT_KVM_SET_XCRS == KVM_SET_XCRS, "kvm");
_Static_assert(CONFINEMENT_TIOCSTI == TIOCSTI && CONFINEMENT_TIOCLINUX == TIOCLINUX, "terminal");
_Static_assert(CONFINEMENT_FILE_READ_DIRECTORY == LANDLOCK_ACCESS_FS_READ_DIR, "landlock");
_Static_assert(CONFINEMENT_FILE_CHANGE_DIRECTORY == LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - LANDLOCK_ACCESS_FS_REMOVE_DIR,
               "landlock");
_Static_assert(CONFINEMENT_FILE_REFER == LANDLOCK_ACCESS_FS_REFER, "landlock");

static int64_t result(long value) { return value < 0 ? -errno : value; }

int64_t confinement_close_range(uint32_t first, uint32_t last) {
    return result(syscall(SYS_close_range, first, last, 0));
}

void confinement_wipe_environment(void) {
    for (char **entry = environ; entry && *entry; entry++) explicit_bzero(*entry, strlen(*entry));
    clearenv();
}

void confinement_reserve_heap(size_t size) {
    // Each mallopt(3) tidies the whole heap; the settings are inherited over fork, and so is this mark of them.
    static int configured;
    if (!configured) {
        mallopt(M_MMAP_MAX, 0);
        mallopt(M_TRIM_THRESHOLD, -1);
        mallopt(M_TOP_PAD, (int)size);
        configured = 1;
    }
    // Larger than what any free list holds, so that it comes from, and goes back to, the top of the heap.
    void *volatile block = malloc(size);
    free(block);
}

int64_t confinement_set_limit(int32_t resource, uint64_t value) {
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return result(syscall(SYS_prlimit64, 0, resource, &limit, NULL));
}

int64_t confinement_get_limit(int32_t resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    long status = syscall(SYS_prlimit64, 0, resource, NULL, &limit);
    if (status < 0) return -errno;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

int64_t confinement_unshare(uint64_t flags) { return result(syscall(SYS_unshare, flags)); }

int64_t confinement_prctl(int32_t operation, uint64_t second, uint64_t third) {
    return result(syscall(SYS_prctl, operation, second, third, 0ul, 0ul));
}

int64_t confinement_parent(void) { return getppid(); }
// unshare(2): CLONE_THREAD changes nothing, and is accepted from a process of one thread only.
int64_t confinement_single_threaded(void) { return result(syscall(SYS_unshare, CLONE_THREAD)); }

// The kernel takes the structure's size and refuses only trailing bytes that it does not know and that are not 0,
// so one layout (that of ABI 6) serves every ABI as long as the caller leaves unknown rights out.
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

int64_t confinement_landlock_abi(void) {
    return result(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

int64_t confinement_landlock_create(uint64_t files, uint64_t network, uint64_t scopes) {
    struct ruleset_attributes attributes = {files, network, scopes};
    // Kernels before ABI 4 and 6 know a shorter structure; they accept ours because what they do not know is 0.
    return result(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
}

int64_t confinement_landlock_allow_beneath(int32_t ruleset, const char *path, uint64_t access) {
    int directory = open(path, O_PATH | O_CLOEXEC);
    if (directory < 0) return -errno;
    struct stat information;
    if (fstat(directory, &information) == 0 && !S_ISDIR(information.st_mode))
        access &= ~(CONFINEMENT_FILE_READ_DIRECTORY | CONFINEMENT_FILE_CHANGE_DIRECTORY | CONFINEMENT_FILE_REFER);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = directory};
    int64_t status = result(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
    close(directory);
    return status;
}

int64_t confinement_landlock_restrict(int32_t ruleset) {
    return result(syscall(SYS_landlock_restrict_self, ruleset, 0));
}

int64_t confinement_install_filter(const void *instructions, uint16_t count, uint32_t flags) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

int64_t confinement_seccomp_knows(uint32_t action) {
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int64_t confinement_read_fully(int32_t descriptor, void *bytes, size_t capacity, uint64_t offset) {
    size_t total = 0;
    while (total < capacity) {
        ssize_t count = pread(descriptor, (char *)bytes + total, capacity - total, (off_t)(offset + total));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) break;
        total += (size_t)count;
    }
    return (int64_t)total;
}

int64_t confinement_read_link(const char *path, char *text, size_t capacity) {
    return result(readlink(path, text, capacity));
}

int64_t confinement_list_numbers(const char *path, int32_t *numbers, size_t capacity) {
    DIR *directory = opendir(path);
    if (!directory) return -errno;
    size_t total = 0;
    int64_t status = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (!entry) {
            status = errno ? -errno : (int64_t)total;
            break;
        }
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end || number < 0 || number > INT32_MAX) continue;
        if (number == dirfd(directory) && strcmp(path, "/proc/self/fd") == 0) continue;
        if (total == capacity) {
            status = -EOVERFLOW;
            break;
        }
        numbers[total++] = (int32_t)number;
    }
    closedir(directory);
    return status;
}

void confinement_probe_kvm(const char *path, struct confinement_kvm *probe) {
    memset(probe, 0, sizeof *probe);
    struct stat information;
    probe->status = result(stat(path, &information));
    if (probe->status < 0) return;
    probe->is_character_device = S_ISCHR(information.st_mode);
    probe->major = major(information.st_rdev);
    probe->minor = minor(information.st_rdev);
    if (!probe->is_character_device || probe->major != 10 || probe->minor != 232) return;
    int device = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    probe->opened = device < 0 ? -errno : 0;
    if (device < 0) return;
    // What was opened must be what was looked at, or a file swapped in between would answer for the device.
    struct stat opened;
    if (fstat(device, &opened) || opened.st_rdev != information.st_rdev || opened.st_mode != information.st_mode) {
        probe->opened = -ESTALE;
    } else {
        probe->version = result(ioctl(device, KVM_GET_API_VERSION, 0));
        int machine = ioctl(device, KVM_CREATE_VM, 0);
        probe->machine = machine < 0 ? -errno : 0;
        if (machine >= 0) close(machine);
    }
    close(device);
}

int64_t confinement_probe_unshare(uint64_t flags) {
    // vfork: the child makes two system calls, and no copy of this process's writable mappings stands in the way of a seal.
    pid_t child = vfork();
    if (child < 0) return -errno;
    if (child == 0) _exit(syscall(SYS_unshare, flags) < 0 ? errno & 0xff : 0);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int64_t confinement_probe_noexec_memory_file(void) {
    int file = (int)syscall(SYS_memfd_create, "ringfence-probe", 0x0008u | MFD_CLOEXEC); // MFD_NOEXEC_SEAL, Linux 6.3
    if (file < 0) return -errno;
    close(file);
    return 0;
}

int64_t confinement_file_system_magic(const char *path) {
    struct statfs information;
    if (statfs(path, &information)) return -errno;
    return (int64_t)(uint32_t)information.f_type;
}

int64_t confinement_kernel_release(char *text, size_t capacity) {
    struct utsname name;
    if (uname(&name)) return -errno;
    size_t length = strnlen(name.release, sizeof name.release);
    if (length > capacity) return -EOVERFLOW;
    memcpy(text, name.release, length);
    return (int64_t)length;
}
