internal import Enclosure
internal import Supervision

/// Where what happens to a process goes in the context of a program of eBPF for Windows' process type.
struct ProcessFields {
    private let layout: EventLayout

    init(_ layout: EventLayout) { self.layout = layout }

    func event(_ process: SupervisedProcess) -> Event {
        var event = Event(context: layout.emptyContext)
        layout.set("process_id", UInt64(process.process), in: &event)
        layout.set("creation_time", Self.windowsTime(process.began), in: &event)
        var identity = EventIdentity()
        switch process.event {
        case .ends:
            // What Windows tells of one that ends, and no more.
            layout.set("operation", 1, in: &event)
            layout.set("exit_time", Self.windowsTime(process.ended), in: &event)
            layout.set("process_exit_code", UInt64(process.code), in: &event)
            (identity.process, identity.thread) = (process.process, process.process)
        case .executes, .hasExecuted, .begins:
            layout.set("parent_process_id", UInt64(process.parent), in: &event)
            layout.set("creating_process_id", UInt64(process.creator), in: &event)
            layout.set("creating_thread_id", UInt64(process.thread), in: &event)
            event.packet = Self.units(WindowsCommandLine.text(of: process.arguments))
            event.hidden = Self.units(process.image)
            (identity.process, identity.thread) = (process.creator, process.thread)
        }
        (identity.user, identity.group) = (process.user, process.group)
        identity.command = process.command
        event.identity = identity
        return event
    }

    /// 100 ns since 1601.
    private static func windowsTime(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 100 + 116_444_736_000_000_000 }

    /// UTF-16, the lower byte of each unit first; at most as many as fit a command line of Windows.
    private static func units(_ text: [UInt8]) -> [UInt8] {
        String(decoding: text, as: UTF8.self).utf16.prefix(unitLimit).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    private static let unitLimit = 32_767
    /// Bytes of the longest command line and the longest image path.
    static let largestPayload = unitLimit * 2 + 4096 * 2 + 4
}

/// Several arguments as one text, as a program of Windows takes it apart again (CommandLineToArgvW): who reads it knows where each ends.
enum WindowsCommandLine {
    /// - Parameter arguments: with a 0 behind each.
    static func text(of arguments: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for argument in (arguments.last == 0 ? arguments.dropLast() : arguments[...]).split(
            separator: 0, omittingEmptySubsequences: false)
        {
            if !text.isEmpty { text.append(space) }
            append(argument, to: &text)
        }
        return text
    }

    private static let space: UInt8 = 0x20
    private static let backslash: UInt8 = 0x5C
    private static let quote: UInt8 = 0x22

    private static func append(_ argument: ArraySlice<UInt8>, to text: inout [UInt8]) {
        let isPlain = !argument.isEmpty && !argument.contains { [space, 0x09, 0x0A, 0x0B, quote].contains($0) }
        guard !isPlain else { return text += argument }
        text.append(quote)
        var backslashes = 0
        for byte in argument {
            // Backslashes mean themselves, but for those before a quote.
            if byte == quote { text += [UInt8](repeating: backslash, count: backslashes + 1) }
            backslashes = byte == backslash ? backslashes + 1 : 0
            text.append(byte)
        }
        text += [UInt8](repeating: backslash, count: backslashes) + [quote]
    }
}
