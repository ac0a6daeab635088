import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { Call } from './call.js'
import { CallMetrics } from './call-metrics.js'
import { type AnyFunction, checkMeasureOptions, type MeasureOptions } from './measure-options.js'

/** The result of `measure(options)`: measures a function, or decorates a method. */
export interface Measuring<F extends AnyFunction = AnyFunction> {
  /** Measures a function. */
  <G extends F>(fn: G): G
  /** Decorates a method, static or not. */
  <This, G extends F>(
    method: G,
    context: ClassMethodDecoratorContext<This, G & ((this: This, ...args: never[]) => unknown)>,
  ): G
  /** Decorates a property with a function as its value. */
  <This, G extends F>(field: undefined, context: ClassFieldDecoratorContext<This, G>): (this: This, fn: G) => G
  /** Decorates a method with `experimentalDecorators`. */
  <G extends F>(target: object, key: string | symbol, method: TypedPropertyDescriptor<G>): void
}

/**
 * Returns a function that does the same and is measured: the number of calls, their duration, the calls in progress, and
 * errors by type. `this`, the arguments, the result, and errors are passed through. A call ends
 * when its promise settles, and that of a generator with its last step.
 *
 * @param fn the function
 * @param options name (required), labels, buckets, registers and others; see docs/measuring-functions.md
 * @returns a function of the same type, with the same name, length and properties
 * @throws MetricsError as metrics do, and `OPTION_INVALID`
 * @example
 * const send = measure(sendMail, { name: 'mail' })
 * await send('ada@example.com') // mail_total, mail_duration_seconds, mail_in_progress, mail_errors_total{error_type}
 */
export function measure<F extends AnyFunction, const L extends string = never, const R extends string = never>(
  fn: F,
  options: MeasureOptions<F, L, R>,
): F
/**
 * The same as a decorator of methods, standard or experimental.
 *
 * @example
 * class Mailer {
 *   \@measure({ name: 'mail' })
 *   async send(to: string) {}
 * }
 */
export function measure<
  F extends AnyFunction = AnyFunction,
  const L extends string = never,
  const R extends string = never,
>(options: MeasureOptions<F, L, R>): Measuring<F>
export function measure(first: unknown, options?: MeasureOptions<AnyFunction>): unknown {
  if (typeof first === 'function') {
    if (isClass(first as AnyFunction)) throw notMeasurable(first)
    return measured(first as AnyFunction, metricsOf(options!))
  }
  if (options !== undefined) throw notMeasurable(first)
  const metrics = metricsOf(first as MeasureOptions<AnyFunction>)
  return (value: unknown, context?: unknown, descriptor?: unknown) => decorate(metrics, value, context, descriptor)
}

function metricsOf(options: MeasureOptions<AnyFunction>): CallMetrics {
  checkMeasureOptions(options)
  return new CallMetrics(options)
}

/** Standard decorators receive a context object, experimental ones a key and usually a descriptor. */
function decorate(metrics: CallMetrics, value: unknown, context: unknown, descriptor: unknown): unknown {
  if (typeof context === 'object' && context !== null && 'kind' in context) {
    if (context.kind === 'method') return measured(value as AnyFunction, metrics)
    if (context.kind === 'field') return (initial: unknown) => measured(initial as AnyFunction, metrics)
    throw notMeasurable(`a ${String(context.kind)}`)
  }
  if (context === undefined) return measured(value as AnyFunction, metrics)
  const property = descriptor as TypedPropertyDescriptor<AnyFunction> | undefined
  if (typeof property?.value !== 'function') throw notMeasurable(`the property ${String(context)}`)
  property.value = measured(property.value, metrics)
  return property
}

function measured(fn: AnyFunction, metrics: CallMetrics): AnyFunction {
  if (typeof fn !== 'function' || isClass(fn)) throw notMeasurable(fn)
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    const call = new Call(metrics, metrics.labelsOf(this, args))
    let result: unknown
    try {
      result = fn.apply(this, args)
    } catch (error) {
      call.failed(error)
      throw error
    }
    return call.returned(result)
  }
  copyProperties(fn, wrapper)
  copyMetadata(fn, wrapper)
  return wrapper
}

/**
 * Copies all properties, including `name` and `length`, which frameworks read, and `prototype`, for a function that is
 * called with `new`.
 */
function copyProperties(from: AnyFunction, to: AnyFunction): void {
  const {
    arguments: _,
    caller: __,
    ...properties
  } = Object.getOwnPropertyDescriptors(from) as Record<string, PropertyDescriptor>
  Object.defineProperties(to, properties)
}

/**
 * Copies the metadata of `reflect-metadata`: Nest stores the route of a handler on the handler, whichever decorator
 * comes first.
 */
function copyMetadata(from: AnyFunction, to: AnyFunction): void {
  const { getOwnMetadataKeys, getOwnMetadata, defineMetadata } = Reflect as unknown as Partial<ReflectMetadata>
  for (const key of getOwnMetadataKeys?.(from) ?? []) defineMetadata?.(key, getOwnMetadata?.(key, from), to)
}

interface ReflectMetadata {
  getOwnMetadataKeys(target: object): unknown[]
  getOwnMetadata(key: unknown, target: object): unknown
  defineMetadata(key: unknown, value: unknown, target: object): void
}

function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn))
}

function notMeasurable(got: unknown): MetricsError {
  const what =
    typeof got === 'function' ? `the class ${got.name}` : typeof got === 'string' && got !== '' ? got : describe(got)
  return new MetricsError('OPTION_INVALID', `measure: ${what} cannot be measured; measure functions and methods`)
}
