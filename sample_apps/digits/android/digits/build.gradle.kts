plugins {
    alias(libs.plugins.android.library)
    `maven-publish`
}

android {
    namespace = "ai.deploykit.samples.digits"
    compileSdk = 36

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    androidResources {
        // An uncompressed model is mapped into memory instead of being copied.
        noCompress += "tflite"
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    publishing {
        singleVariant("release") {
            withSourcesJar()
        }
    }
}

kotlin {
    explicitApi()
}

dependencies {
    // StateFlow is part of the public API.
    api(libs.coroutines.android)
    implementation(libs.engine)
}

publishing {
    publications {
        register<MavenPublication>("release") {
            groupId = "ai.deploykit.samples"
            artifactId = "digits"
            version = "1.0"
            afterEvaluate { from(components["release"]) }
        }
    }
}
