// Supervising the system calls of other processes: seccomp_unotify(2), and what it takes to carry a call out for somebody else.
#pragma once
#include <stdint.h>

// A call that waits for an answer (struct seccomp_notif).
struct clinux_notification {
    uint64_t id;
    uint32_t thread; // its id
    int32_t call;    // its number on x86-64
    uint64_t first, second, third, fourth, fifth, sixth;
};
// The next call, waiting for it; -ENOENT where its thread was gone before it could be had.
int64_t clinux_notification_receive(int32_t listener, struct clinux_notification *notification);
// Ends the call with a result or a negated errno; -ENOENT where nobody waits any more.
int64_t clinux_notification_answer(int32_t listener, uint64_t id, int64_t result);
// Lets the kernel carry the call out as its thread made it: sound only where nothing that was judged can have changed.
int64_t clinux_notification_let_go(int32_t listener, uint64_t id);
// 0 while the thread waits in that very call: what was read of it before was read of it.
int64_t clinux_notification_waits(int32_t listener, uint64_t id);
// Puts a descriptor into the process and ends its call with the number that it got.
int64_t clinux_notification_answer_with(int32_t listener, uint64_t id, int32_t descriptor, int32_t closes_on_exec);
enum : uint64_t {
    CLINUX_NOTIFICATION_RECEIVE = 0xc0502100,
    CLINUX_NOTIFICATION_ANSWER = 0xc0182101,
    CLINUX_NOTIFICATION_WAITS = 0x40082102,
    CLINUX_NOTIFICATION_ADD = 0x40182103,
};

// A descriptor of the thread itself, which keeps its meaning when the number does not.
int64_t clinux_pidfd_of_thread(uint32_t thread);
int64_t clinux_take_descriptor(int32_t pidfd, int32_t number);
// How many bytes could be read or written, or an error; there is no partial result beyond the first page that is not there.
int64_t clinux_read_memory(uint32_t thread, uint64_t address, void *bytes, uint64_t size);
int64_t clinux_write_memory(uint32_t thread, uint64_t address, const void *bytes, uint64_t size);

// Opens a file to read it, with O_CLOEXEC and nothing else: a filter may tell it by that.
int64_t clinux_open_read_only_plainly(const char *path);
int64_t clinux_read(int32_t descriptor, void *bytes, uint64_t size);
// A place in the file system that is neither read nor written by having it.
int64_t clinux_open_place(const char *path);
int64_t clinux_read_link(const char *path, char *text, uint64_t capacity);
// Opens a file that is known to be one to read it, and waits for nobody.
int64_t clinux_open_without_waiting(const char *path);
// Which file a descriptor is of.
struct clinux_file_identity {
    uint64_t device, number;
    int32_t is_regular;
};
int64_t clinux_file_identity(int32_t descriptor, struct clinux_file_identity *identity);

// What the kernel says of a socket.
struct clinux_socket_facts {
    int32_t domain, type, protocol;
    uint64_t cookie;
};
int64_t clinux_socket_facts(int32_t socket, struct clinux_socket_facts *facts);
int64_t clinux_socket_name(int32_t socket, void *address, uint32_t capacity);
int64_t clinux_socket_peer(int32_t socket, void *address, uint32_t capacity);
int64_t clinux_connect(int32_t socket, const void *address, uint32_t size);
int64_t clinux_bind(int32_t socket, const void *address, uint32_t size);
int64_t clinux_listen(int32_t socket, int32_t backlog);
int64_t clinux_accept(int32_t socket, int32_t flags);
// Sends one message; `control` may be empty.
int64_t clinux_send_to(
    int32_t socket, const void *bytes, uint64_t size, const void *address, uint32_t address_size, const void *control,
    uint64_t control_size, int32_t flags);
// A socket of the same kind, which is nobody's.
int64_t clinux_socket(int32_t domain, int32_t type, int32_t protocol);
// Receives one message. The sizes are those of the room before, and of what came after; the result may be more than there was room for.
struct clinux_received {
    uint32_t address_size;
    int32_t flags;
    uint64_t control_size;
};
int64_t clinux_receive_message(
    int32_t socket, void *bytes, uint64_t size, void *address, void *control, struct clinux_received *received,
    int32_t flags);
// From then on a receive or an answer that does not come gives -EAGAIN.
int64_t clinux_limit_receive(int32_t socket, uint64_t nanoseconds);

// Waits until a descriptor can be read; the bits of those that can, or whose other side is gone in the upper half. -EINTR on a signal.
int64_t clinux_poll_several(const int32_t *descriptors, int32_t count, int32_t timeout_milliseconds);

// Threads of a process whose work is to wait for the kernel.
int64_t clinux_thread_start(void (*work)(void *), void *context);
int64_t clinux_thread_id(void);
// Makes a call that a thread of this process waits in end with -EINTR. The handler has to be there.
int64_t clinux_thread_interrupt(int32_t thread);
int64_t clinux_interrupt_signal_wakes(void);
struct clinux_mutex;
struct clinux_mutex *clinux_mutex_make(void);
void clinux_mutex_lock(struct clinux_mutex *mutex);
void clinux_mutex_unlock(struct clinux_mutex *mutex);

// The command that is supervised.
//
// Forks a process that puts itself under the filter, tells its parent the number of the listener, waits for a byte, and becomes the
// command. `socket` is its end of a pair of sockets; where it cannot become the command it sends the errno there.
// Its calls of read(2) and write(2) up to then have memory at an address that nothing else has, by which a filter can tell them.
uint64_t clinux_supervised_words(void);
int64_t clinux_supervised_start(
    int32_t socket, char *const *arguments, const void *filter, uint16_t filter_length, int32_t keeps_interrupts);
// SIGINT and SIGQUIT of the terminal are the command's: this process ignores them. 1 where it did before.
int64_t clinux_ignore_interrupts(void);
// Without waiting: how a child ended, or -EAGAIN.
int64_t clinux_ended(int32_t process, int32_t *status);
// Keeps, of the capabilities that this process has, those of the mask in its permitted set, and these in its effective one.
int64_t clinux_keep_capabilities(uint64_t permitted, uint64_t effective);

// What a supervisor and its broker tell each other: messages of fixed size over a SOCK_SEQPACKET pair.
enum : uint32_t {
    CLINUX_SUPERVISED_READY = 1,  // from the supervisor: confined; its report comes behind the message
    CLINUX_SUPERVISED_CALL = 2,   // from the supervisor: a program is to decide
    CLINUX_SUPERVISED_ENDED = 3,  // from the supervisor: the tree is gone; `status` is the command's, as waitpid(2) gives it
    CLINUX_SUPERVISED_FAILED = 4, // from the supervisor: the command could not be started; `status` is the errno
    CLINUX_SUPERVISED_START = 5,  // from the broker
    CLINUX_SUPERVISED_RULING = 6, // from the broker: the answer to a call
    CLINUX_SUPERVISED_PROCESS = 7, // from the supervisor: a program is to decide about a process; image and arguments come behind
    CLINUX_SUPERVISED_OBSERVED = 8, // from the supervisor: programs are told of a call; registers and memory come behind
};
// Addresses and ports are in network order, as socket addresses have them; IPv4 takes the first word.
struct clinux_supervised_call {
    uint32_t kind, hook;
    uint64_t number; // counts up
    uint32_t process, thread, user, group;
    uint64_t cookie;
    uint32_t family, type, protocol, port;
    uint32_t address_0, address_1, address_2, address_3;
    uint32_t source_0, source_1, source_2, source_3;
    uint32_t source_port, status;
    uint64_t command_0, command_1; // the first 16 bytes of its name
    uint64_t spent;                // nanoseconds that the call before this one took here, answer and all; 0 where nobody knows
    uint64_t passed;               // calls so far that no program was asked about
    uint64_t unanswered;           // questions so far that had no answer in time
};
// Something in the life of a process. Behind it are the path of its image, and its arguments with a 0 behind each.
enum : uint32_t { CLINUX_PROCESS_EXECUTES = 0, CLINUX_PROCESS_HAS_EXECUTED = 1, CLINUX_PROCESS_BEGINS = 2, CLINUX_PROCESS_ENDS = 3 };
struct clinux_supervised_process {
    uint32_t kind, what;
    uint64_t number;
    uint32_t process, parent, creator, thread; // `thread`: of the creator
    uint32_t user, group;
    uint32_t code, image_size;
    uint64_t began, ended; // nanoseconds since 1970
    uint64_t command_0, command_1;
    uint64_t spent, passed;
};
// A system call that begins or ends. Behind it come struct pt_regs, where there are registers, and parts of memory: an address and a number of
// bytes, 8 bytes each, and the bytes.
struct clinux_supervised_observation {
    uint32_t kind, ends;
    uint64_t number;
    uint32_t process, thread, user, group;
    int32_t call;
    uint32_t has_registers;
    uint64_t first, second, third, fourth, fifth, sixth;
    int64_t result;
    uint64_t command_0, command_1;
    uint64_t spent, passed;
};
enum : uint32_t { CLINUX_RULING_ALLOWS = 1, CLINUX_RULING_ANY_PORT = 2, CLINUX_RULING_REWRITES = 4 };
struct clinux_supervised_ruling {
    uint32_t kind, flags;
    uint64_t number;
    uint32_t port, source_port;
    uint32_t address_0, address_1, address_2, address_3;
    uint32_t source_0, source_1, source_2, source_3;
};
// How the tree is to be supervised.
struct clinux_supervised_start {
    uint32_t kind, identifies; // whether programs ask who calls
    uint64_t open_hooks;       // a bit for each hook: what happens where no answer comes in time
    uint64_t deadline;         // nanoseconds
    uint64_t reads_memory;     // whether programs read the memory of who calls
};
