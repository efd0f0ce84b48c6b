import PolicyCore
import PolicyTesting
import PolicyTrust

/// A policy that permits XDP programs; 12 lines.
let policyText = """
    schema = "ringfence-policy/v1"
    kind = "base"
    id = "vector"
    version = 1
    issued = 2026-01-01T00:00:00Z
    expires = 2027-01-01T00:00:00Z
    mode = "enforce"

    [[permit]]
    id = "xdp"
    tier = "interp-guest"
    when = { type = ["xdp"] }

    """

let now = must(try? UTCTime(text: "2026-06-01T00:00:00Z".utf8))

/// RFC 8032, section 7.1, test 1: everybody has this key.
let rfcSeed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
let rfcPublic = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
let rfcKey = must(try? SigningKey(seed: rfcSeed))
/// RFC 8032, section 7.1, test 2.
let otherKey = must(try? SigningKey(seed: hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")))

func trusting(_ keys: SigningKey..., threshold: Int = 1) -> TrustedKeys {
    must(try? TrustedKeys(keys: keys.map(\.verificationKey), threshold: threshold))
}

/// The error a signed file is refused with, or nil.
func refusal(_ envelope: [UInt8], _ trusted: TrustedKeys = trusting(rfcKey), now: UTCTime = now) -> TrustError? {
    do throws(TrustError) {
        _ = try PolicySnapshot.load(envelope, trusted: trusted, eligible: .offered, now: now)
        return nil
    } catch {
        return error
    }
}

func signed(_ text: String = policyText, with keys: SigningKey...) -> [UInt8] {
    must(try? Envelope(signing: bytes(text), as: .base, with: keys.isEmpty ? [rfcKey] : keys)).json
}

/// An envelope of any parts, signed or not.
func envelope(
    payload: String? = nil, type: String = PayloadType.base.rawValue, signatures: [String]? = nil, extra: String = ""
) -> [UInt8] {
    let signature = must(try? rfcKey.sign(Envelope.preAuthenticationEncoding(type: type, payload: bytes(policyText))))
    let sigs = signatures ?? ["\"sig\":\"\(base64(signature))\""]
    let list = sigs.map { "{\($0)}" }.joined(separator: ",")
    return bytes(
        "{\(extra)\"payload\":\"\(payload ?? base64(bytes(policyText)))\",\"payloadType\":\"\(type)\",\"signatures\":[\(list)]}"
    )
}
