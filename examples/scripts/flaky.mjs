// Fails at the first attempt as a service does that is just starting, and answers at the second.
if (process.env.SOAR_ATTEMPT === '1') {
  console.error('Error: connect ECONNRESET: the service is not up yet');
  process.exit(1);
}
console.log(`answered at attempt ${process.env.SOAR_ATTEMPT}`);
