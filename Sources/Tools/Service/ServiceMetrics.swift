internal import Commands
internal import HTTPTypes
internal import Hummingbird
internal import NIOConcurrencyHelpers
internal import ServiceAPI

/// What is counted, in the text format of Prometheus (version 0.0.4).
final class ServiceMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let code: Int
    }

    private struct Counts {
        var requests: [Key: UInt64] = [:]
        var seconds = 0.0
    }

    private let counts = NIOLockedValueBox(Counts())

    /// Methods that are counted by their names; others are whatever a client sends.
    private static let methods: Set<String> = ["GET", "PUT", "POST", "DELETE", "HEAD"]

    func count(_ method: String, _ code: Int, took: Duration) {
        let key = Key(method: Self.methods.contains(method) ? method : "other", code: code)
        counts.withLockedValue {
            $0.requests[key, default: 0] += 1
            $0.seconds += Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
        }
    }

    func response(_ engine: Engine) async -> Response {
        let (status, programs) = await (engine.status(), engine.list())
        let counts = counts.withLockedValue { $0 }
        var text = ""
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            text += "# HELP ringfence_\(name) \(help)\n# TYPE ringfence_\(name) \(type)\n"
            for sample in samples { text += "ringfence_\(name)\(sample.labels) \(sample.value)\n" }
        }
        family("programs", "gauge", "Programs that are loaded.", [("", "\(status.programs)")])
        family("maps", "gauge", "Maps of programs that are loaded.", [("", "\(status.maps)")])
        family("pins", "gauge", "Names under which programs are pinned.", [("", "\(status.pins)")])
        family(
            "pins_not_restored", "gauge", "Pins whose program could not be loaded again.",
            [("", "\(status.notRestored.count)")])
        family("start_time_seconds", "gauge", "When the service began, since 1970.", [("", "\(status.started)")])
        func each(_ value: (ProgramRecord) -> UInt64) -> [(labels: String, value: String)] {
            programs.map {
                ("{program=\"\($0.id)\",name=\"\(Self.label($0.name))\",tier=\"\($0.tier)\"}", "\(value($0))")
            }
        }
        family("program_events_total", "counter", "Events that a program decided about.", each(\.events))
        family("program_faults_total", "counter", "Events at which a program faulted.", each(\.programFaults))
        family(
            "cell_failures_total", "counter", "Cells of a program that died and were replaced.", each(\.cellFailures))
        family(
            "http_requests_total", "counter", "Requests, by method and answer.",
            counts.requests.sorted { ($0.key.method, $0.key.code) < ($1.key.method, $1.key.code) }.map {
                ("{method=\"\($0.key.method)\",code=\"\($0.key.code)\"}", "\($0.value)")
            })
        family("http_request_seconds_total", "counter", "Time that requests took.", [("", "\(counts.seconds)")])
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// Names are the author's of an object.
    private static func label(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
