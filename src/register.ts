import { startRegistered } from './home/registration.js'

startRegistered()
