'use strict'
// Finds the addon of this platform, or tells why there is none: the buffered writer serves then.
const { join } = require('node:path')

const file = join(__dirname, '..', 'prebuilds', `${process.platform}-${process.arch}`, 'promhive.node')

/** @returns {{ binding?: import('./load.cjs').Binding, reason?: string }} */
module.exports.loadBinding = () => {
  if (process.env.PROMHIVE_NATIVE === 'off') return { reason: 'switched off by PROMHIVE_NATIVE=off' }
  try {
    return { binding: require(file) }
  } catch (error) {
    return {
      reason: error.code === 'MODULE_NOT_FOUND' ? `no addon for ${process.platform}-${process.arch}` : error.message,
    }
  }
}
