/// What can be asked of the service, as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0).
enum OpenAPIDocument {
    static let text = #"""
        {
         "openapi": "3.1.0",
         "info": {
          "title": "Ringfence",
          "version": "1.0.0",
          "summary": "Programs, maps and pins of a host's Ringfence service.",
          "license": {
           "name": "Apache-2.0",
           "identifier": "Apache-2.0"
          }
         },
         "servers": [
          {
           "url": "http://localhost",
           "description": "A Unix socket, /run/ringfence/ringfenced.sock: the host of the URL does not matter."
          }
         ],
         "paths": {
          "/v1/health": {
           "get": {
            "operationId": "health",
            "summary": "Whether the process answers.",
            "responses": {
             "200": {
              "description": "It does.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "object",
                 "required": [
                  "status"
                 ],
                 "properties": {
                  "status": {
                   "type": "string"
                  }
                 }
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/ready": {
           "get": {
            "operationId": "ready",
            "summary": "Whether the engine answers.",
            "responses": {
             "200": {
              "description": "It does.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Status"
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/status": {
           "get": {
            "operationId": "status",
            "summary": "The service itself.",
            "responses": {
             "200": {
              "description": "Its state.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Status"
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/openapi.json": {
           "get": {
            "operationId": "openapi",
            "summary": "This document.",
            "responses": {
             "200": {
              "description": "The document.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "object"
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/metrics": {
           "get": {
            "operationId": "metrics",
            "summary": "Counters for Prometheus.",
            "responses": {
             "200": {
              "description": "Text format 0.0.4.",
              "content": {
               "text/plain": {
                "schema": {
                 "type": "string"
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/programs": {
           "get": {
            "operationId": "listPrograms",
            "summary": "All programs.",
            "responses": {
             "200": {
              "description": "By id.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "array",
                 "items": {
                  "$ref": "#/components/schemas/Program"
                 }
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           },
           "post": {
            "operationId": "loadProgram",
            "summary": "Load a program, if policy allows it.",
            "responses": {
             "201": {
              "description": "It is loaded.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Program"
                }
               }
              }
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "413": {
              "$ref": "#/components/responses/TooLarge"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "requestBody": {
             "required": true,
             "content": {
              "application/json": {
               "schema": {
                "$ref": "#/components/schemas/LoadRequest"
               }
              }
             }
            }
           }
          },
          "/v1/programs/{id}": {
           "get": {
            "operationId": "showProgram",
            "summary": "One program.",
            "responses": {
             "200": {
              "description": "It.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Program"
                }
               }
              }
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             }
            ]
           },
           "delete": {
            "operationId": "unloadProgram",
            "summary": "Unload a program that is not pinned, with its maps.",
            "responses": {
             "204": {
              "description": "It is gone."
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             }
            ]
           }
          },
          "/v1/programs/{id}/run": {
           "post": {
            "operationId": "runProgram",
            "summary": "Run a program on one event, as BPF_PROG_TEST_RUN has it.",
            "responses": {
             "200": {
              "description": "What came of it.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/RunResult"
                }
               }
              }
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "413": {
              "$ref": "#/components/responses/TooLarge"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             }
            ],
            "requestBody": {
             "required": true,
             "content": {
              "application/json": {
               "schema": {
                "$ref": "#/components/schemas/RunRequest"
               }
              }
             }
            }
           }
          },
          "/v1/maps": {
           "get": {
            "operationId": "listMaps",
            "summary": "All maps.",
            "responses": {
             "200": {
              "description": "By program.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "array",
                 "items": {
                  "$ref": "#/components/schemas/Map"
                 }
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/maps/{id}": {
           "get": {
            "operationId": "showMap",
            "summary": "One map.",
            "responses": {
             "200": {
              "description": "It.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Map"
                }
               }
              }
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             }
            ]
           }
          },
          "/v1/maps/{id}/elements": {
           "get": {
            "operationId": "dumpMap",
            "summary": "All elements of a map.",
            "responses": {
             "200": {
              "description": "In no order.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "array",
                 "items": {
                  "$ref": "#/components/schemas/Element"
                 }
                }
               }
              }
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             }
            ]
           }
          },
          "/v1/maps/{id}/elements/{key}": {
           "get": {
            "operationId": "lookupElement",
            "summary": "The element of a key.",
            "responses": {
             "200": {
              "description": "It.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Element"
                }
               }
              }
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             },
             {
              "$ref": "#/components/parameters/key"
             }
            ]
           },
           "put": {
            "operationId": "updateElement",
            "summary": "Set the value of a key.",
            "responses": {
             "204": {
              "description": "It is set."
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "413": {
              "$ref": "#/components/responses/TooLarge"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             },
             {
              "$ref": "#/components/parameters/key"
             }
            ],
            "requestBody": {
             "required": true,
             "content": {
              "application/json": {
               "schema": {
                "$ref": "#/components/schemas/ElementUpdate"
               }
              }
             }
            }
           },
           "delete": {
            "operationId": "deleteElement",
            "summary": "Remove a key.",
            "responses": {
             "204": {
              "description": "It is gone."
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/id"
             },
             {
              "$ref": "#/components/parameters/key"
             }
            ]
           }
          },
          "/v1/pins": {
           "get": {
            "operationId": "listPins",
            "summary": "All pins.",
            "responses": {
             "200": {
              "description": "By path.",
              "content": {
               "application/json": {
                "schema": {
                 "type": "array",
                 "items": {
                  "$ref": "#/components/schemas/Pin"
                 }
                }
               }
              }
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            }
           }
          },
          "/v1/pins/{path}": {
           "put": {
            "operationId": "pinProgram",
            "summary": "Pin a program: it outlives its client, and the service.",
            "responses": {
             "201": {
              "description": "It is pinned.",
              "content": {
               "application/json": {
                "schema": {
                 "$ref": "#/components/schemas/Pin"
                }
               }
              }
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "409": {
              "$ref": "#/components/responses/Conflict"
             },
             "413": {
              "$ref": "#/components/responses/TooLarge"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/path"
             }
            ],
            "requestBody": {
             "required": true,
             "content": {
              "application/json": {
               "schema": {
                "$ref": "#/components/schemas/PinRequest"
               }
              }
             }
            }
           },
           "delete": {
            "operationId": "unpinProgram",
            "summary": "Take a pin away; the program stays until it is unloaded or the service ends.",
            "responses": {
             "204": {
              "description": "It is gone."
             },
             "400": {
              "$ref": "#/components/responses/BadInput"
             },
             "403": {
              "$ref": "#/components/responses/Refused"
             },
             "404": {
              "$ref": "#/components/responses/NotFound"
             },
             "429": {
              "$ref": "#/components/responses/Limit"
             }
            },
            "parameters": [
             {
              "$ref": "#/components/parameters/path"
             }
            ]
           }
          }
         },
         "components": {
          "parameters": {
           "id": {
            "name": "id",
            "in": "path",
            "required": true,
            "schema": {
             "type": "integer",
             "minimum": 0,
             "maximum": 4294967295
            },
            "description": "Given when it was loaded; never twice while the service runs."
           },
           "key": {
            "name": "key",
            "in": "path",
            "required": true,
            "schema": {
             "type": "string",
             "pattern": "^([0-9a-fA-F]{2})+$"
            },
            "description": "Its bytes in the order of memory."
           },
           "path": {
            "name": "path",
            "in": "path",
            "required": true,
            "schema": {
             "type": "string",
             "minLength": 1,
             "maxLength": 255
            },
            "description": "Names with slashes between them."
           }
          },
          "responses": {
           "BadInput": {
            "description": "Something in the request is wrong.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           },
           "Refused": {
            "description": "Policy says no, or it is somebody else's.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           },
           "NotFound": {
            "description": "There is none.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           },
           "Conflict": {
            "description": "Not as things are now.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           },
           "TooLarge": {
            "description": "More bytes than the limit.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           },
           "Limit": {
            "description": "As many as there may be, or too often.",
            "content": {
             "application/json": {
              "schema": {
               "$ref": "#/components/schemas/Error"
              }
             }
            }
           }
          },
          "schemas": {
           "Program": {
            "type": "object",
            "required": [
             "id",
             "name",
             "section",
             "type",
             "object",
             "digest",
             "tier",
             "isDetached",
             "owner",
             "loaded",
             "maps",
             "mapDirectory",
              "pins",
             "events",
             "programFaults",
             "cellFailures"
            ],
            "properties": {
             "id": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "name": {
              "type": "string"
             },
             "section": {
              "type": "string"
             },
             "type": {
              "type": "string"
             },
             "object": {
              "type": "string",
              "description": "SHA-256 of the file."
             },
             "digest": {
              "type": "string",
              "description": "What policy knows it by."
             },
             "tier": {
              "type": "string",
              "enum": [
               "deny",
               "interp-guest",
               "jit-guest",
               "interp-child",
               "jit-child"
              ]
             },
             "isDetached": {
              "type": "boolean"
             },
             "owner": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "loaded": {
              "type": "integer"
             },
             "maps": {
              "type": "array",
              "items": {
               "type": "integer",
               "minimum": 0,
               "maximum": 4294967295
              }
             },
             "mapDirectory": {
              "type": "string",
              "description": "Where root finds the maps."
             },
             "pins": {
              "type": "array",
              "items": {
               "type": "string"
              }
             },
             "events": {
              "type": "integer",
              "minimum": 0
             },
             "instructions": {
              "type": "integer",
              "minimum": 0
             },
             "programFaults": {
              "type": "integer",
              "minimum": 0
             },
             "cellFailures": {
              "type": "integer",
              "minimum": 0
             },
             "cellProcess": {
              "type": "integer"
             }
            }
           },
           "Map": {
            "type": "object",
            "required": [
             "id",
             "name",
             "type",
             "keySize",
             "valueSize",
             "maximumEntries",
             "program",
             "isReadOnly"
            ],
            "properties": {
             "id": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "name": {
              "type": "string"
             },
             "type": {
              "type": "string"
             },
             "keySize": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "valueSize": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "maximumEntries": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "program": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "isReadOnly": {
              "type": "boolean"
             }
            }
           },
           "Element": {
            "type": "object",
            "required": [
             "key",
             "values"
            ],
            "properties": {
             "key": {
              "type": "string"
             },
             "values": {
              "type": "array",
              "items": {
               "type": "string"
              },
              "description": "One, or one for each CPU."
             }
            }
           },
           "Pin": {
            "type": "object",
            "required": [
             "path",
             "program",
             "owner"
            ],
            "properties": {
             "path": {
              "type": "string"
             },
             "program": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "owner": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             }
            }
           },
           "Status": {
            "type": "object",
            "required": [
             "process",
             "started",
             "policy",
             "codeIntegrity",
             "kvm",
             "programs",
             "maps",
             "pins",
             "notRestored"
            ],
            "properties": {
             "process": {
              "type": "integer"
             },
             "started": {
              "type": "integer"
             },
             "policy": {
              "type": "string"
             },
             "codeIntegrity": {
              "type": "boolean"
             },
             "kvm": {
              "type": "string"
             },
             "programs": {
              "type": "integer",
              "minimum": 0
             },
             "maps": {
              "type": "integer",
              "minimum": 0
             },
             "pins": {
              "type": "integer",
              "minimum": 0
             },
             "notRestored": {
              "type": "object",
              "additionalProperties": {
               "type": "string"
              }
             }
            }
           },
           "LoadRequest": {
            "type": "object",
            "required": [
             "object"
            ],
            "properties": {
             "object": {
              "type": "string",
              "contentEncoding": "base64",
              "description": "The ELF file, at most 4 MiB."
             },
             "name": {
              "type": [
               "string",
               "null"
              ]
             },
             "section": {
              "type": [
               "string",
               "null"
              ]
             },
             "type": {
              "type": [
               "string",
               "null"
              ]
             },
             "tier": {
              "type": [
               "string",
               "null"
              ]
             },
             "fuel": {
              "type": [
               "integer",
               "null"
              ],
              "minimum": 1,
              "maximum": 1099511627776
             },
             "pin": {
              "type": [
               "string",
               "null"
              ]
             }
            }
           },
           "RunRequest": {
            "type": "object",
            "required": [],
            "properties": {
             "data": {
              "type": [
               "string",
               "null"
              ],
              "description": "The packet, as hexadecimal digits."
             },
             "context": {
              "type": [
               "string",
               "null"
              ],
              "description": "A JSON object, as text."
             },
             "repeat": {
              "type": [
               "integer",
               "null"
              ],
              "minimum": 1,
              "maximum": 1000000
             }
            }
           },
           "RunResult": {
            "type": "object",
            "required": [
             "returnValue",
             "verdict",
             "nanosecondsPerRun",
             "log"
            ],
            "properties": {
             "returnValue": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             },
             "verdict": {
              "type": "string"
             },
             "nanosecondsPerRun": {
              "type": "integer",
              "minimum": 0
             },
             "failure": {
              "type": "string"
             },
             "data": {
              "type": "string"
             },
             "log": {
              "type": "array",
              "items": {
               "type": "string"
              }
             }
            }
           },
           "ElementUpdate": {
            "type": "object",
            "required": [
             "value"
            ],
            "properties": {
             "value": {
              "type": "string",
              "description": "Hexadecimal digits."
             },
             "mode": {
              "type": [
               "string",
               "null"
              ],
              "enum": [
               "any",
               "noexist",
               "exist",
               null
              ]
             }
            }
           },
           "PinRequest": {
            "type": "object",
            "required": [
             "program"
            ],
            "properties": {
             "program": {
              "type": "integer",
              "minimum": 0,
              "maximum": 4294967295
             }
            }
           },
           "Error": {
            "type": "object",
            "required": [
             "error"
            ],
            "properties": {
             "error": {
              "type": "object",
              "required": [
               "kind",
               "problem"
              ],
              "properties": {
               "kind": {
                "type": "string"
               },
               "problem": {
                "type": "string"
               },
               "remedy": {
                "type": "string"
               }
              }
             }
            }
           }
          }
         }
        }
        """#
}
