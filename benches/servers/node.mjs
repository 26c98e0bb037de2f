// node.mjs PORT: answers every request; connections stay as long as their client wants.
import http from "node:http";

const server = http.createServer((request, response) => response.end("hello\n"));
server.keepAliveTimeout = 0;
server.headersTimeout = 0;
server.requestTimeout = 0;
server.connectionsCheckingInterval = 3_600_000;
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
