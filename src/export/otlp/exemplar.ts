import type { Exemplar } from '../../model/exemplar.js'
import type { OtlpExemplar } from './point.js'

const traceId = /^(?!0+$)[0-9a-f]{32}$/i
const spanId = /^(?!0+$)[0-9a-f]{16}$/i

/**
 * Returns an exemplar with the trace and the span that its labels `trace_id` and `span_id` name. Another text in them
 * stays an attribute.
 */
export function otlpExemplar({ labels, value, timestamp }: Exemplar): OtlpExemplar {
  const isTrace = traceId.test(labels.trace_id ?? '')
  const isSpan = spanId.test(labels.span_id ?? '')
  return {
    value,
    time: timestamp === undefined ? undefined : timestamp * 1000,
    traceId: isTrace ? labels.trace_id!.toLowerCase() : undefined,
    spanId: isSpan ? labels.span_id!.toLowerCase() : undefined,
    attributes: Object.entries(labels).filter(
      ([name]) => !((isTrace && name === 'trace_id') || (isSpan && name === 'span_id')),
    ),
  }
}
