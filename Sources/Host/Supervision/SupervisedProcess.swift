internal import CLinux

/// Something in the life of a supervised process.
package struct SupervisedProcess: Sendable {
    package enum Event: UInt32, Sendable {
        /// It asks to become another program.
        case executes = 0
        /// It has become one that was not asked about as it is, and has not run yet: who is denied is killed.
        case hasExecuted = 1
        /// Another process has made it, and it has not run yet.
        case begins = 2
        case ends = 3
    }

    package let number: UInt64
    package let event: Event
    package let process: UInt32
    package let parent: UInt32
    /// Whose doing it is: its own, where it executes. Zero where it ends.
    package let creator: UInt32
    /// Of the creator.
    package let thread: UInt32
    package let user: UInt32
    package let group: UInt32
    package let command: [UInt8]
    /// As a shell says it.
    package let code: UInt32
    /// Nanoseconds since 1970.
    package let began: UInt64
    package let ended: UInt64
    /// Empty where the image has no path that leads to it.
    package let image: [UInt8]
    /// With a 0 behind each.
    package let arguments: [UInt8]
    package let spentNanoseconds: UInt64?

    /// - Parameter trailer: what came behind the message.
    init?(_ message: clinux_supervised_process, _ trailer: ArraySlice<UInt8>) {
        guard let event = Event(rawValue: message.what), Int(message.image_size) <= trailer.count else { return nil }
        self.event = event
        number = message.number
        (process, parent, creator, thread) = (message.process, message.parent, message.creator, message.thread)
        (user, group, code) = (message.user, message.group, message.code)
        (began, ended) = (message.began, message.ended)
        image = Array(trailer.prefix(Int(message.image_size)))
        arguments = Array(trailer.dropFirst(Int(message.image_size)))
        command = SupervisedCall.name(message.command_0, message.command_1)
        spentNanoseconds = message.spent == 0 ? nil : message.spent
    }

    /// More than an image and arguments that the supervisor sends.
    static let capacity =
        MemoryLayout<clinux_supervised_process>.size + ExecutedImage.pathLimit
        + ExecutedImage.argumentsLimit
}
