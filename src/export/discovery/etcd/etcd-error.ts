/** Codes of gRPC with which a member says that it cannot serve now: the deadline has passed, or it has no leader. */
const elsewhere: readonly (number | undefined)[] = [4, 14]

/** An answer of etcd that reports a fault, or the lack of an answer. */
export class EtcdError extends Error {
  /**
   * @param code the code of gRPC; undefined if etcd has not answered
   */
  constructor(
    message: string,
    readonly code?: number,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** Whether another member of the cluster may answer the same request. */
  get unavailable(): boolean {
    return this.code === undefined || elsewhere.includes(this.code)
  }

  /** Whether signing in again helps: tokens expire, and end with the process of etcd. */
  get needsLogin(): boolean {
    return /invalid auth token|auth store is old|user name is empty/.test(this.message)
  }

  /** Whether the lease of a request has expired or was revoked. */
  get leaseNotFound(): boolean {
    return /lease not found/.test(this.message)
  }
}

/** The fault that an answer of the gateway describes; its forms differ between versions and between calls and streams. */
interface Fault {
  readonly error?: string | { readonly message?: string; readonly grpc_code?: number; readonly code?: number }
  readonly message?: string
  readonly code?: number
}

/** Returns the content of an answer, which is a line of a stream or the body of a call. */
export function contentOf<T>(text: string, status: number): T {
  let answer: (Fault & { readonly result?: T }) | undefined
  try {
    answer = JSON.parse(text)
  } catch {
    // A proxy, or a server of another kind.
  }
  if (typeof answer !== 'object' || answer === null) throw new EtcdError(strangeAnswer(text, status), codeOf(status))
  const { error, result } = answer
  if (typeof error === 'object') throw new EtcdError(error.message ?? `status ${status}`, error.grpc_code ?? error.code)
  if (status >= 400 || error !== undefined) {
    throw new EtcdError(answer.message ?? error ?? `status ${status}`, answer.code ?? codeOf(status))
  }
  return result ?? (answer as T)
}

function strangeAnswer(text: string, status: number): string {
  const start = text.trim().slice(0, 100)
  return `status ${status}, and not JSON of etcd’s gateway: ${JSON.stringify(start)}; it needs etcd 3.4 or later`
}

/** Returns the code of an answer without one: a gateway in between has no server now, or this is no etcd. */
function codeOf(status: number): number {
  return status === 502 || status === 503 || status === 504 ? 14 : 2
}
