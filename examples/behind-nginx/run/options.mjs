import { parseArgs } from 'node:util'

const usage = `npm run example -- [--prove | --naive | --compare] [options]

Starts an application behind nginx, with its supervisor and a Prometheus, until Ctrl-C.

  --prove                drive it from end to end instead, print what was seen, and exit with 1 if a claim failed
  --naive                what Prometheus sees of a counter that each process has for itself, and with promhive
  --compare              what the alternatives cost in series: measured in Prometheus, and expected by promhive explain
  --variant NAME         what starts the application: run (promhive run, the default), or supervisor (Debian's supervisor)
  --port PORT            for users (8040)
  --metrics-port PORT    for Prometheus (9040)
  --prometheus-port PORT of Prometheus (9090)
  --no-traffic           send no requests: by default, there are a few each second, so that there is something to see

A port that is taken is replaced by a free one; with --prove, --naive and --compare all ports are free ones.`

const modes = ['prove', 'naive', 'compare']

/** Reads the command line. Prints the usage and ends the process with --help, or if an option is wrong. */
export function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(modes.map((mode) => [mode, { type: 'boolean' }])),
        variant: { type: 'string', default: 'run' },
        port: { type: 'string', default: '8040' },
        'metrics-port': { type: 'string', default: '9040' },
        'prometheus-port': { type: 'string', default: '9090' },
        'no-traffic': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    if (!['run', 'supervisor'].includes(values.variant))
      throw new Error(`--variant is run or supervisor, got "${values.variant}"`)
    const chosen = modes.filter((mode) => values[mode])
    if (chosen.length > 1) throw new Error(`--${chosen.join(' and --')} cannot be combined`)
    const port = (option) => {
      const number = Number(values[option])
      if (!(Number.isInteger(number) && number > 0 && number < 65_536))
        throw new Error(`--${option} is a number from 1 to 65535, got "${values[option]}"`)
      return number
    }
    return {
      mode: chosen[0] ?? 'show',
      variant: values.variant,
      traffic: !values['no-traffic'],
      ports: { users: port('port'), metrics: port('metrics-port'), prometheus: port('prometheus-port') },
    }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
