'use strict'
// Where the package lies: the one thing that a file built for ESM and for CommonJS alike cannot tell by itself.
const { join } = require('node:path')

module.exports.packageRoot = join(__dirname, '..')
