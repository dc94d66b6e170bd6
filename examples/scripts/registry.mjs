// Asks a package registry that is not there: nothing listens on this port.
try {
  const response = await fetch('http://127.0.0.1:9/soar-machine');
  console.log(await response.text());
} catch (error) {
  console.error(`Error: connection refused by the registry: ${error.message}`);
  process.exit(1);
}
